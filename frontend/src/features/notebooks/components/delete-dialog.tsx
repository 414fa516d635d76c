import { Button, Stack } from "@mantine/core";
import { Dialog, DialogActions } from "@/components/dialog";
import type { Notebook } from "@/lib/api-models";
import { EndingClusters } from "./ending-clusters";

type Props = {
  notebook: Notebook;
  /** The names of its live clusters. */
  clusters: string[];
  opened: boolean;
  onClose: () => void;
  onConfirm: () => void;
};

/** Asks before deleting a notebook that is running: what is only in its memory would be gone. */
export function DeleteDialog({ notebook, clusters, opened, onClose, onConfirm }: Props) {
  const confirm = () => {
    onClose();
    onConfirm();
  };
  return (
    <Dialog opened={opened} onClose={onClose} title="Stop and delete?">
      <Stack>
        <p>
          “{notebook.name}” is in use. Deleting it saves its files and stops it; variables that are
          only in memory are lost. The files can be restored for 30 days.
        </p>
        <EndingClusters names={clusters} />
        <DialogActions>
          <Button variant="default" onClick={onClose} data-autofocus>
            Keep it
          </Button>
          <Button color="red" onClick={confirm}>
            Stop and delete
          </Button>
        </DialogActions>
      </Stack>
    </Dialog>
  );
}
