import { useEffect, useRef } from "react";
import { POLL_SLOW_MS } from "@/config/polling";
import type { Cluster } from "@/lib/api-models";
import { isLive } from "./cluster-cache";

/** Milliseconds between looks at what belongs to a cluster; none once it is over. */
export function restWhileLive(cluster: Cluster): number | false {
  return isLive(cluster) ? POLL_SLOW_MS : false;
}

/** Look at something anew when the cluster that it belongs to has got another state or size. */
export function useLookWithCluster(cluster: Cluster, refetch: () => unknown): void {
  const { state, workers } = cluster;
  const now = [state, workers.wanted, workers.pending, workers.starting, workers.running].join(" ");
  const seen = useRef(now);
  useEffect(() => {
    if (seen.current !== now) refetch();
    seen.current = now;
  }, [now, refetch]);
}
