import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { Cluster, ClusterWorker, Page } from "@/lib/api-models";
import { clusterKeys } from "./cluster-cache";
import { restWhileLive, useLookWithCluster } from "./use-with-cluster";

const PAGE_SIZE = "20";

export const workersQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: clusterKeys.workers(id),
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<ClusterWorker>>(`/clusters/${encodeURIComponent(id)}/workers`, {
        query: { cursor: pageParam, limit: PAGE_SIZE },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

/** A cluster's workers, newest first, kept up to date until it is over. */
export function useWorkers(cluster: Cluster) {
  const query = useInfiniteQuery({
    ...workersQuery(cluster.id),
    refetchInterval: restWhileLive(cluster),
  });
  useLookWithCluster(cluster, query.refetch);
  return query;
}
