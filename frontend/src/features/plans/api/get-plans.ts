import { queryOptions, useQuery } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { Plan, Size } from "@/lib/api-models";

const HOUR_MS = 60 * 60 * 1_000;

/** What plans and sizes cost. Public; prices change with a release, so an hour old is fresh. */
export const plansQuery = queryOptions({
  queryKey: ["plans"],
  queryFn: ({ signal }) => api.get<{ plans: Plan[]; sizes: Size[] }>("/plans", { signal }),
  staleTime: HOUR_MS,
});

/** The plans and sizes. */
export function usePlans() {
  return useQuery(plansQuery);
}
