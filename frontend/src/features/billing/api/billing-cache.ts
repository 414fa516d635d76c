import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import type { Billing } from "@/lib/api-models";
import { serverNow } from "@/lib/server-clock";

/** What the API said of the bill, and when, so that amounts can be counted on from there. */
export type TimedBilling = Billing & { receivedMs: number };

/** Where the bill is in the cache. All of it begins with `all`. */
export const billingKeys = {
  all: ["billing"],
  now: ["billing", "now"],
  usage: (month: string) => ["billing", "usage", month],
  upcoming: ["billing", "upcoming"],
  invoices: ["billing", "invoices"],
  planChange: (plan: string) => ["billing", "plan-change", plan],
} as const;

/** With the server's time of its arrival. */
export function timed(billing: Billing): TimedBilling {
  return { ...billing, receivedMs: serverNow() };
}

/**
 * A change that the API answers with the whole bill.
 *
 * Looks that are under way are cancelled first: they may have seen the bill before the change.
 * Everything else that depends on the plan or the limit is looked up anew.
 */
export function useBillingMutation<V>(change: (variables: V) => Promise<Billing>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onMutate: () => client.cancelQueries({ queryKey: billingKeys.now }),
    onSuccess: (billing) => {
      client.setQueryData(billingKeys.now, timed(billing));
      lookAgain(client);
    },
    onError: () => client.invalidateQueries({ queryKey: billingKeys.now }),
  });
}

/** Look again at whatever another plan or limit changes. */
export function lookAgain(client: QueryClient): void {
  for (const queryKey of [["account"], ["notebooks"], billingKeys.all]) {
    client.invalidateQueries({ queryKey });
  }
}
