import { useMemo } from "react";
import { useLiveClusters } from "@/features/clusters/api/get-clusters";
import type { Cluster } from "@/lib/api-models";

/** The live clusters, by the id of their notebook; undefined until they are known. */
export function useClustersOf(): ReadonlyMap<string, Cluster[]> | undefined {
  const pages = useLiveClusters().data?.pages;
  return useMemo(() => pages && byNotebook(pages.flatMap(({ items }) => items)), [pages]);
}

function byNotebook(clusters: Cluster[]): Map<string, Cluster[]> {
  const found = new Map<string, Cluster[]>();
  for (const cluster of clusters) {
    const others = found.get(cluster.notebook_id) ?? [];
    found.set(cluster.notebook_id, [...others, cluster]);
  }
  return found;
}
