import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { Notebook, Page } from "@/lib/api-models";
import { notebookKeys } from "./notebook-cache";

export const deletedNotebooksQuery = infiniteQueryOptions({
  queryKey: notebookKeys.deleted,
  queryFn: ({ pageParam, signal }) =>
    api.get<Page<Notebook>>("/notebooks", {
      query: { deleted: "true", cursor: pageParam },
      signal,
    }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

/** Notebooks deleted in the last 30 days. */
export function useDeletedNotebooks() {
  return useInfiniteQuery(deletedNotebooksQuery);
}
