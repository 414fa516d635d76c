import { CodeSnippet } from "@/components/code-snippet";
import type { Cluster } from "@/lib/api-models";
import { formatBytes } from "@/lib/bytes";
import { plural } from "./cluster-words";
import classes from "./saved-hint.module.css";
import { savedResults } from "./snippets";

/** How to get at results that were finished when it was stopped; nothing if none were saved. */
export function SavedHint({ cluster }: { cluster: Cluster }) {
  const { saved, name, notebook_name } = cluster;
  if (saved === null || saved.results === 0) return null;
  return (
    <div className={classes.saved}>
      <p>
        Before it stopped, {plural(saved.results, "finished result")} ({formatBytes(saved.bytes)})
        went into the files of “{notebook_name}”. A cell there loads them:
      </p>
      <CodeSnippet label="Load the saved results" code={savedResults(name)} />
    </div>
  );
}
