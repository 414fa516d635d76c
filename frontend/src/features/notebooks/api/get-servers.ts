import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api } from "@/lib/api-client";
import type { NotebookState, Page, Server } from "@/lib/api-models";
import { notebookKeys } from "./notebook-cache";

const PAGE_SIZE = "10";

export const serversQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: notebookKeys.servers(id),
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<Server>>(`/notebooks/${encodeURIComponent(id)}/servers`, {
        query: { cursor: pageParam, limit: PAGE_SIZE },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

/** A notebook's past and present servers, newest first; looked up anew when its state changes. */
export function useServers(id: string, state: NotebookState) {
  const query = useInfiniteQuery(serversQuery(id));
  const { refetch } = query;
  const seen = useRef(state);
  useEffect(() => {
    if (seen.current !== state) refetch();
    seen.current = state;
  }, [state, refetch]);
  return query;
}
