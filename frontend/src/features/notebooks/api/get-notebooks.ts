import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { POLL_FAST_MS, POLL_SLOW_MS } from "@/config/polling";
import { api } from "@/lib/api-client";
import type { Notebook, Page } from "@/lib/api-models";
import { pollInterval } from "@/lib/query-client";
import { isChanging, notebookKeys } from "./notebook-cache";

export const notebooksQuery = infiniteQueryOptions({
  queryKey: notebookKeys.list,
  queryFn: ({ pageParam, signal }) =>
    api.get<Page<Notebook>>("/notebooks", { query: { cursor: pageParam }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
  refetchInterval: ({ state }) => {
    const changing = state.data?.pages.some((page) => page.items.some(isChanging)) ?? false;
    return pollInterval(changing ? POLL_FAST_MS : POLL_SLOW_MS, state.error);
  },
});

/** The account's notebooks, kept up to date while somebody looks. */
export function useNotebooks() {
  return useInfiniteQuery(notebooksQuery);
}
