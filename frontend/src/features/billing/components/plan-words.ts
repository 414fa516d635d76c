import type { Billing, Plan } from "@/lib/api-models";
import { formatUtcDate } from "@/lib/time";

/** What a plan is called; its id while the plans are being loaded. */
export function planName(plans: Plan[], id: string): string {
  return plans.find((plan) => plan.id === id)?.name ?? id;
}

/** How it stands with the plan, and what comes next, in a sentence. */
export function statusWords({ status, renews_at, ends_at }: Billing): string {
  switch (status) {
    case "free":
      return "It costs nothing, so nothing is charged and no card is needed.";
    case "active":
      return renews_at === null ? "Active." : `Active. Renews on ${formatUtcDate(renews_at)}.`;
    case "canceling":
      return ends_at === null
        ? "Canceled: it ends with the month, and the Free plan follows."
        : `Canceled: it goes on until ${formatUtcDate(ends_at)}, then the Free plan follows.`;
    case "past_due":
      return "The last payment failed. Pay at Stripe, or give another card there, to keep the plan.";
    case "unpaid":
      return "It is not paid, so no notebook can be started. Pay at Stripe, and all goes on.";
  }
}

/** Whether money is owed, which Stripe's own pages settle. */
export function isOwing({ status }: Billing): boolean {
  return status === "past_due" || status === "unpaid";
}
