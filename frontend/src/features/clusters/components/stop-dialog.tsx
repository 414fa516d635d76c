import { Button, Stack } from "@mantine/core";
import { Dialog, DialogActions } from "@/components/dialog";
import type { Cluster } from "@/lib/api-models";
import { lossWords } from "./cluster-words";
import { Spent } from "./spent";

type Props = { cluster: Cluster; opened: boolean; onClose: () => void; onConfirm: () => void };

/** Asks before stopping a cluster: says what is lost, and what stays. */
export function StopDialog({ cluster, opened, onClose, onConfirm }: Props) {
  const confirm = () => {
    onClose();
    onConfirm();
  };
  const loss = lossWords(cluster.tasks);
  return (
    <Dialog opened={opened} onClose={onClose} title={`Stop ${cluster.name}?`}>
      <Stack>
        <p>
          {loss && <strong>{loss} </strong>}
          What is not finished, and results that your notebook has not fetched, go with the workers:
          they are not saved. What it has fetched stays.
        </p>
        <p>
          The notebook “{cluster.notebook_name}” runs on. You pay for the{" "}
          <Spent cluster={cluster} /> until now, and nothing once the workers have ended.
        </p>
        <DialogActions>
          <Button variant="default" onClick={onClose} data-autofocus>
            Let it run
          </Button>
          <Button color="red" onClick={confirm}>
            Stop the cluster
          </Button>
        </DialogActions>
      </Stack>
    </Dialog>
  );
}
