import { queryOptions, useQuery } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { Cluster, WorkerHistory } from "@/lib/api-models";
import { clusterKeys } from "./cluster-cache";
import { restWhileLive, useLookWithCluster } from "./use-with-cluster";

export const historyQuery = (id: string) =>
  queryOptions({
    queryKey: clusterKeys.history(id),
    queryFn: ({ signal }) =>
      api.get<WorkerHistory>(`/clusters/${encodeURIComponent(id)}/history`, { signal }),
  });

/** How many workers a cluster had over time, kept up to date until it is over. */
export function useHistory(cluster: Cluster) {
  const query = useQuery({
    ...historyQuery(cluster.id),
    refetchInterval: restWhileLive(cluster),
  });
  useLookWithCluster(cluster, query.refetch);
  return query;
}
