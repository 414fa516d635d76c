import { queryOptions, skipToken, useQuery } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { PlanChange } from "@/lib/api-models";
import { billingKeys } from "./billing-cache";

export const planChangeQuery = (plan: string | null) =>
  queryOptions({
    queryKey: billingKeys.planChange(plan ?? ""),
    queryFn:
      plan === null
        ? skipToken
        : ({ signal }) => api.get<PlanChange>("/billing/plan-change", { query: { plan }, signal }),
    // It is exact for the second in which it was asked for: never an old one.
    gcTime: 0,
  });

/** What changing to a plan would cost now; nothing is asked for null. */
export function usePlanChange(plan: string | null) {
  return useQuery({ ...planChangeQuery(plan), refetchOnWindowFocus: false });
}
