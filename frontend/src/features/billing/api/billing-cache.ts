import type { QueryClient } from "@tanstack/react-query";
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

/** Look again at whatever another plan or limit changes. */
export function lookAgain(client: QueryClient): void {
  for (const queryKey of [["account"], ["notebooks"], billingKeys.all]) {
    client.invalidateQueries({ queryKey });
  }
}
