import { queryOptions, useQuery } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { Catalogue } from "@/lib/api-models";

const HOUR_MS = 60 * 60 * 1_000;

/** What plans, sizes and meters cost. Public; prices change with a release, so an hour old is fresh. */
export const plansQuery = queryOptions({
  queryKey: ["plans"],
  queryFn: ({ signal }) => api.get<Catalogue>("/plans", { signal }),
  staleTime: HOUR_MS,
});

/** Everything that has a price. */
export function usePlans() {
  return useQuery(plansQuery);
}
