import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import { billingKeys, lookAgain } from "./billing-cache";

type Change = {
  /** `free` cancels at the period's end; the present plan takes a cancellation back. */
  plan: string;
  /** Of the preview that was confirmed. */
  proration_at: number | null;
};

/**
 * Change, cancel or keep the plan; done when the bill has been looked up anew. 402 if the payment
 * fails, and then nothing has changed.
 */
export function useChangePlan() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Change) => api.post<void>("/billing/plan", { body }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: billingKeys.now });
      lookAgain(client);
    },
  });
}
