import { Progress } from "@mantine/core";
import { Link } from "react-router";
import { Panel } from "@/components/panel";
import { RelativeTime } from "@/components/relative-time";
import { paths } from "@/config/paths";
import type { Notebook, Workspace } from "@/lib/api-models";
import { formatBytes, percent } from "@/lib/bytes";
import classes from "./workspace-panel.module.css";

type Props = { id: string; workspace: Workspace; source: Notebook["source"] };

const NEARLY_FULL = 90;

/** The notebook's files: how many, how large, when saved, and what keeps them from being saved. */
export function WorkspacePanel({ id, workspace, source }: Props) {
  const { files, bytes, quota_bytes, saved_at, error } = workspace;
  const share = percent(bytes, quota_bytes);
  const use = `${formatBytes(bytes)} of ${formatBytes(quota_bytes)}`;
  return (
    <Panel title="Files" actions={<Link to={paths.notebookHistory(id)}>Earlier versions</Link>}>
      <Progress
        value={share}
        aria-label={`Space used: ${use}`}
        {...(share > NEARLY_FULL && { color: "red" })}
      />
      <p className={classes.use}>
        {use} used by {files} {files === 1 ? "file" : "files"}
      </p>
      {error !== null && (
        <p className={classes.error} role="alert">
          Files are not being saved: {error}
        </p>
      )}
      <p className={classes.saved}>
        {saved_at === null ? (
          "Saved as you go, once it runs."
        ) : (
          <>
            Last saved <RelativeTime iso={saved_at} />.
          </>
        )}
        {source.label && ` Began with ${source.label}.`}
      </p>
    </Panel>
  );
}
