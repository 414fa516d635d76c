import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { Invoice, Page } from "@/lib/api-models";
import { billingKeys } from "./billing-cache";

const PAGE_SIZE = "12";

export const invoicesQuery = infiniteQueryOptions({
  queryKey: billingKeys.invoices,
  queryFn: ({ pageParam, signal }) =>
    api.get<Page<Invoice>>("/billing/invoices", {
      query: { cursor: pageParam, limit: PAGE_SIZE },
      signal,
    }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

/** Past invoices, newest first. */
export function useInvoices() {
  return useInfiniteQuery(invoicesQuery);
}
