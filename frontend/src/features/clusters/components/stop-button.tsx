import { Button } from "@mantine/core";
import { Square } from "lucide-react";
import { useState } from "react";
import type { Cluster } from "@/lib/api-models";
import { isLive } from "../api/cluster-cache";
import type { StopCluster } from "../api/stop-cluster";
import { StopDialog } from "./stop-dialog";

type Props = { cluster: Cluster; stop: StopCluster; size?: "sm" | "compact-sm" };

/** Stops a live cluster, after asking; nothing for one that is over. */
export function StopButton({ cluster, stop, size = "sm" }: Props) {
  const [asking, setAsking] = useState(false);
  if (!isLive(cluster)) return null;
  return (
    <>
      <Button
        variant="default"
        size={size}
        loading={stop.isPending || cluster.state === "stopping"}
        leftSection={<Square size={13} aria-hidden />}
        aria-label={`Stop ${cluster.name}`}
        onClick={() => setAsking(true)}
      >
        Stop
      </Button>
      <StopDialog
        cluster={cluster}
        opened={asking}
        onClose={() => setAsking(false)}
        onConfirm={() => stop.mutate()}
      />
    </>
  );
}
