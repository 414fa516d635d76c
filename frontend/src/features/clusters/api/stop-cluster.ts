import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { Cluster } from "@/lib/api-models";
import { clusterKeys, storeCluster } from "./cluster-cache";

/**
 * Stop a cluster; resolves when it is `stopping`.
 *
 * Looks that are under way are cancelled first: they may have seen it running.
 */
export function useStopCluster(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.post<Cluster>(`/clusters/${encodeURIComponent(id)}/stop`),
    onMutate: () =>
      Promise.all([
        client.cancelQueries({ queryKey: clusterKeys.live }),
        client.cancelQueries({ queryKey: clusterKeys.one(id) }),
      ]),
    onSuccess: (cluster) => storeCluster(client, cluster),
    onError: () => client.invalidateQueries({ queryKey: clusterKeys.all }),
  });
}

export type StopCluster = ReturnType<typeof useStopCluster>;
