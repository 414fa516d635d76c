import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { LogPage } from "@/lib/api-models";
import { clusterKeys } from "./cluster-cache";

export const logsQuery = (id: string, worker: string | null) =>
  infiniteQueryOptions({
    queryKey: clusterKeys.logs(id, worker),
    queryFn: ({ pageParam, signal }) =>
      api.get<LogPage>(`/clusters/${encodeURIComponent(id)}/logs`, {
        query: { worker: worker ?? undefined, cursor: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

/**
 * The newest lines of a worker, whose next page has those before; null stands for every worker, and
 * the next page has those of others.
 */
export function useLogs(id: string, worker: string | null) {
  return useInfiniteQuery(logsQuery(id, worker));
}
