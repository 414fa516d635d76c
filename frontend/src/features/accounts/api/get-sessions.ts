import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { Page, Session } from "@/lib/api-models";

export const sessionsQuery = infiniteQueryOptions({
  queryKey: ["sessions"],
  queryFn: ({ pageParam, signal }) =>
    api.get<Page<Session>>("/me/sessions", { query: { cursor: pageParam }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

/** The browsers that are signed in, page by page. */
export function useSessions() {
  return useInfiniteQuery(sessionsQuery);
}
