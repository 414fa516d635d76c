import { api } from "@/lib/api-client";
import type { Billing } from "@/lib/api-models";
import { useBillingMutation } from "./billing-cache";

type Update = { limit_usd: string | null; version: number };

/** Set the month's limit (`"25.00"`), or remove it. Fails with 412 if the bill has changed since. */
export function useUpdateLimit() {
  return useBillingMutation(({ limit_usd, version }: Update) =>
    api.put<Billing>("/billing/limit", { body: { limit_usd }, ifMatch: version }),
  );
}
