import { notifications } from "@mantine/notifications";
import { showUndo } from "@/components/undo-toast";
import { announce } from "@/lib/announcements";
import { messageOf } from "@/lib/api-error";
import type { Notebook } from "@/lib/api-models";
import { useDeleteNotebook } from "../api/delete-notebook";
import { useDuplicateNotebook } from "../api/duplicate-notebook";
import { useRestoreNotebook } from "../api/restore-notebook";
import { useStartNotebook } from "../api/start-notebook";
import { useStopNotebook } from "../api/stop-notebook";

/**
 * What the buttons of a notebook do. `error` is what the last one pressed met, to be shown beside
 * them; pressing another forgets it.
 */
export function useNotebookActions(notebook: Notebook, onDeleted?: () => void) {
  const start = useStartNotebook(notebook.id);
  const stop = useStopNotebook(notebook.id);
  const duplicate = useDuplicateNotebook();
  const remove = useDeleteNotebook();
  const restore = useRestoreNotebook();
  const all = [start, stop, duplicate, remove];

  const forgetErrors = () => {
    for (const action of all) action.reset();
  };
  // The card may be gone before the answer comes, and with it callbacks given to `mutate`; promises
  // stay.
  const undoDelete = () =>
    restore.mutateAsync(notebook.id).then(
      () => announce(`${notebook.name} is back.`),
      (error) => notifications.show({ message: messageOf(error) }),
    );
  const deleted = () => {
    showUndo(`Deleted “${notebook.name}”. It is kept for 30 days.`, undoDelete);
    onDeleted?.();
  };

  return {
    error: all.find((action) => action.error !== null)?.error ?? null,
    starting: start.isPending,
    stopping: stop.isPending,
    copying: duplicate.isPending,
    deleting: remove.isPending,
    start: () => {
      forgetErrors();
      start.mutate();
    },
    stop: () => {
      forgetErrors();
      stop.mutate();
    },
    duplicate: () => {
      forgetErrors();
      duplicate.mutate(notebook.id, {
        onSuccess: (copy) => notifications.show({ message: `Copied as “${copy.name}”.` }),
      });
    },
    remove: () => {
      forgetErrors();
      remove.mutateAsync(notebook.id).then(deleted, ignore);
    },
  };
}

/** An error that the mutation keeps, and `error` tells. */
function ignore(): void {}

export type NotebookActions = ReturnType<typeof useNotebookActions>;
