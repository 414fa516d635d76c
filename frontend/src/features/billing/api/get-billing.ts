import { queryOptions, useQuery } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { Billing } from "@/lib/api-models";
import { pollInterval } from "@/lib/query-client";
import { billingKeys, timed } from "./billing-cache";

export const billingQuery = queryOptions({
  queryKey: billingKeys.now,
  queryFn: async ({ signal }) => timed(await api.get<Billing>("/billing", { signal })),
});

/** The plan, what is spent this month, and what runs: looked up every `everyMs` and on focus. */
export function useBilling(everyMs: number) {
  return useQuery({
    ...billingQuery,
    refetchInterval: ({ state }) => pollInterval(everyMs, state.error),
  });
}
