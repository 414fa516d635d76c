import { Button } from "@mantine/core";
import { ExternalLink, Play, Square } from "lucide-react";
import { useState } from "react";
import { paths } from "@/config/paths";
import type { Notebook } from "@/lib/api-models";
import { isActive } from "./notebook-words";
import { StopDialog } from "./stop-dialog";
import type { NotebookActions } from "./use-notebook-actions";

type Props = {
  notebook: Notebook;
  actions: NotebookActions;
  /** The names of its live clusters, which a stop would end. */
  clusters: string[];
};

/** Start, or open and stop: what can be done in the present state. */
export function NotebookButtons({ notebook, actions, clusters }: Props) {
  const { state, name } = notebook;
  if (!isActive(notebook)) {
    return (
      <Button
        onClick={actions.start}
        loading={actions.starting}
        leftSection={<Play size={15} aria-hidden />}
        aria-label={`Start ${name}`}
      >
        Start
      </Button>
    );
  }
  return (
    <>
      {state === "running" && <OpenLink notebook={notebook} />}
      <StopButton notebook={notebook} actions={actions} clusters={clusters} />
    </>
  );
}

/** Files are saved, so a stop asks nothing, unless it would end clusters. */
function StopButton({ notebook, actions, clusters }: Props) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button
        variant="default"
        onClick={clusters.length > 0 ? () => setAsking(true) : actions.stop}
        loading={actions.stopping || notebook.state === "stopping"}
        leftSection={<Square size={13} aria-hidden />}
        aria-label={`Stop ${notebook.name}`}
      >
        Stop
      </Button>
      <StopDialog
        notebook={notebook}
        clusters={clusters}
        opened={asking}
        onClose={() => setAsking(false)}
        onConfirm={actions.stop}
      />
    </>
  );
}

/** A real link, so that it can be opened as one likes; by default in a tab of its own. */
function OpenLink({ notebook }: { notebook: Notebook }) {
  return (
    <Button
      component="a"
      href={paths.openNotebook(notebook.id)}
      target="_blank"
      rel="noopener"
      rightSection={<ExternalLink size={15} aria-hidden />}
      aria-label={`Open ${notebook.name} in a new tab`}
    >
      Open
    </Button>
  );
}
