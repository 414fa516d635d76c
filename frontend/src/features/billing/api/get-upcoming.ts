import { queryOptions, useQuery } from "@tanstack/react-query";
import { POLL_NOTICES_MS } from "@/config/polling";
import { api } from "@/lib/api-client";
import type { Upcoming } from "@/lib/api-models";
import { pollInterval } from "@/lib/query-client";
import { billingKeys } from "./billing-cache";

export const upcomingQuery = queryOptions({
  queryKey: billingKeys.upcoming,
  queryFn: ({ signal }) => api.get<Upcoming>("/billing/upcoming", { signal }),
});

/** The next invoice as it stands. Only on a paid plan: without one, the API refuses. */
export function useUpcoming() {
  return useQuery({
    ...upcomingQuery,
    refetchInterval: ({ state }) => pollInterval(POLL_NOTICES_MS, state.error),
  });
}
