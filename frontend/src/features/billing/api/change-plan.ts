import { api } from "@/lib/api-client";
import type { Billing } from "@/lib/api-models";
import { useBillingMutation } from "./billing-cache";

type Change = {
  /** `free` cancels at the period's end; the present plan takes a cancellation back. */
  plan: string;
  /** Of the preview that was confirmed. */
  proration_at: number | null;
};

/** Change, cancel or keep the plan. 402 if the payment fails, and then nothing has changed. */
export function useChangePlan() {
  return useBillingMutation((body: Change) => api.post<Billing>("/billing/plan", { body }));
}
