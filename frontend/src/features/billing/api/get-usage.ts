import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { POLL_NOTICES_MS } from "@/config/polling";
import { api } from "@/lib/api-client";
import type { Usage } from "@/lib/api-models";
import { pollInterval } from "@/lib/query-client";
import { billingKeys } from "./billing-cache";

export const usageQuery = (month: string) =>
  queryOptions({
    queryKey: billingKeys.usage(month),
    queryFn: ({ signal }) => api.get<Usage>("/billing/usage", { query: { month }, signal }),
  });

/** What was used in a month (`2026-11`). While another is loading, the one before stays. */
export function useUsage(month: string) {
  return useQuery({
    ...usageQuery(month),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => pollInterval(POLL_NOTICES_MS, state.error),
  });
}
