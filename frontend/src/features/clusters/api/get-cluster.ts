import { queryOptions, useQuery } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import { isGone } from "@/lib/api-error";
import type { Cluster } from "@/lib/api-models";
import { pollInterval } from "@/lib/query-client";
import { clusterKeys, isLive, restBetweenLooks } from "./cluster-cache";

export const clusterQuery = (id: string) =>
  queryOptions({
    queryKey: clusterKeys.one(id),
    queryFn: ({ signal }) => api.get<Cluster>(`/clusters/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: ({ state }) => {
      const over = state.data !== undefined && !isLive(state.data);
      if (over || isGone(state.error)) return false;
      return pollInterval(restBetweenLooks(state.data ? [state.data] : []), state.error);
    },
  });

/** One cluster, kept up to date until it is over. */
export function useCluster(id: string) {
  return useQuery(clusterQuery(id));
}
