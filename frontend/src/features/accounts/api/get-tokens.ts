import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { Page, Token } from "@/lib/api-models";

export const tokensQuery = infiniteQueryOptions({
  queryKey: ["tokens"],
  queryFn: ({ pageParam, signal }) =>
    api.get<Page<Token>>("/me/tokens", { query: { cursor: pageParam }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

/** The API tokens, without their secrets, page by page. */
export function useTokens() {
  return useInfiniteQuery(tokensQuery);
}
