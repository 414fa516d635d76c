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

/** Asks before stopping a notebook that has clusters, which would end too. */
export function StopDialog({ notebook, clusters, opened, onClose, onConfirm }: Props) {
  const confirm = () => {
    onClose();
    onConfirm();
  };
  return (
    <Dialog opened={opened} onClose={onClose} title="Stop it and its clusters?">
      <Stack>
        <p>Stopping “{notebook.name}” saves its files.</p>
        <EndingClusters names={clusters} />
        <DialogActions>
          <Button variant="default" onClick={onClose} data-autofocus>
            Let it run
          </Button>
          <Button color="red" onClick={confirm}>
            Stop all of it
          </Button>
        </DialogActions>
      </Stack>
    </Dialog>
  );
}
