import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { POLL_FAST_MS, POLL_LIVE_MS, POLL_SLOW_MS } from "@/config/polling";
import type { Cluster, Page } from "@/lib/api-models";

/** Where clusters are in the cache. All of them begin with `all`. */
export const clusterKeys = {
  all: ["clusters"],
  live: ["clusters", "live"],
  ended: ["clusters", "ended"],
  one: (id: string) => ["clusters", "one", id],
  workers: (id: string) => ["clusters", "workers", id],
  history: (id: string) => ["clusters", "history", id],
  logs: (id: string, worker: string | null) => ["clusters", "logs", id, worker],
} as const;

/** Whether there is still something of it, that works or costs. */
export function isLive({ state }: Pick<Cluster, "state">): boolean {
  return state !== "stopped" && state !== "failed";
}

/** Milliseconds until the next look at clusters: often while one of them changes. */
export function restBetweenLooks(clusters: readonly Cluster[]): number {
  if (clusters.some(isChanging)) return POLL_FAST_MS;
  return clusters.some(isLive) ? POLL_LIVE_MS : POLL_SLOW_MS;
}

/** Put what the API just said of a cluster everywhere that it is shown. */
export function storeCluster(client: QueryClient, cluster: Cluster): void {
  client.setQueryData(clusterKeys.one(cluster.id), cluster);
  client.setQueryData<InfiniteData<Page<Cluster>>>(
    clusterKeys.live,
    (list) =>
      list && {
        ...list,
        pages: list.pages.map((page) => ({
          ...page,
          items: page.items.map((item) => (item.id === cluster.id ? cluster : item)),
        })),
      },
  );
}

/** On its way to another state or number of workers; waiting for computers may take long. */
function isChanging({ state, workers, problem }: Cluster): boolean {
  if (state === "stopping") return true;
  return isLive({ state }) && problem === null && workers.running < workers.wanted;
}
