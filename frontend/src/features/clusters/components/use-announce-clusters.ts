import { useMemo } from "react";
import type { Cluster } from "@/lib/api-models";
import { useAnnounceChanges } from "@/lib/use-announce-changes";
import { spokenState } from "./cluster-words";

/** Have screen readers say when one of these clusters gets into another state or trouble. */
export function useAnnounceClusters(clusters: readonly Cluster[]): void {
  useAnnounceChanges(useMemo(() => clusters.map(watched), [clusters]));
}

function watched(cluster: Cluster) {
  const { id, state, problem } = cluster;
  return { id, state: `${state} ${problem?.code}`, words: spokenState(cluster) };
}
