import { Button } from "@mantine/core";
import { ExternalLink, Play, Square } from "lucide-react";
import { paths } from "@/config/paths";
import type { Notebook } from "@/lib/api-models";
import { isActive } from "./notebook-words";
import type { NotebookActions } from "./use-notebook-actions";

type Props = { notebook: Notebook; actions: NotebookActions };

/** Start, or open and stop: what can be done in the present state. */
export function NotebookButtons({ notebook, actions }: Props) {
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
      <Button
        variant="default"
        onClick={actions.stop}
        loading={actions.stopping || state === "stopping"}
        leftSection={<Square size={13} aria-hidden />}
        aria-label={`Stop ${name}`}
      >
        Stop
      </Button>
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
