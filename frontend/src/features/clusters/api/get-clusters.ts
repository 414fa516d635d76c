import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { POLL_SLOW_MS } from "@/config/polling";
import { api } from "@/lib/api-client";
import type { Cluster, Page } from "@/lib/api-models";
import { pollInterval } from "@/lib/query-client";
import { clusterKeys, isLive, restBetweenLooks } from "./cluster-cache";

/** All live ones are asked for at once: a notebook's stop names those that it ends. */
const LIVE_PAGE_SIZE = "100";
const ENDED_PAGE_SIZE = "20";

export const liveClustersQuery = infiniteQueryOptions({
  queryKey: clusterKeys.live,
  queryFn: ({ pageParam, signal }) =>
    api.get<Page<Cluster>>("/clusters", {
      query: { state: "live", cursor: pageParam, limit: LIVE_PAGE_SIZE },
      signal,
    }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
  refetchInterval: ({ state }) => {
    const clusters = state.data?.pages.flatMap(({ items }) => items) ?? [];
    return pollInterval(restBetweenLooks(clusters), state.error);
  },
});

export const endedClustersQuery = infiniteQueryOptions({
  queryKey: clusterKeys.ended,
  queryFn: ({ pageParam, signal }) =>
    api.get<Page<Cluster>>("/clusters", {
      query: { state: "all", cursor: pageParam, limit: ENDED_PAGE_SIZE },
      signal,
    }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
  refetchInterval: ({ state }) => pollInterval(POLL_SLOW_MS, state.error),
});

/** The account's clusters that are not over, kept up to date while somebody looks. */
export function useLiveClusters() {
  return useInfiniteQuery(liveClustersQuery);
}

/** Those that are over, newest first; looked up anew when the `live` ones become others. */
export function useEndedClusters(live: readonly Cluster[]) {
  const query = useInfiniteQuery(endedClustersQuery);
  const { refetch } = query;
  const ids = live.map(({ id }) => id).join(" ");
  const seen = useRef(ids);
  useEffect(() => {
    if (seen.current !== ids) refetch();
    seen.current = ids;
  }, [ids, refetch]);
  const clusters = query.data?.pages.flatMap(({ items }) => items).filter(isOver);
  return { query, clusters };
}

function isOver(cluster: Cluster): boolean {
  return !isLive(cluster);
}
