import type { Upcoming, Usage } from "@/lib/api-models";
import { costOf, parseUsd, sumUsd, type Usd } from "@/lib/money";

/** Whether the next invoice has the usage that we have counted. */
export type Agreement = {
  /** Usage on the invoice, in whole cents a line. */
  invoiced: Usd;
  /** Usage that Stripe does not have yet. */
  unsent: Usd;
  /** Usage as we count it. */
  used: Usd;
  /** Whether the first two make up the third, but for rounding and for the last moments. */
  agrees: boolean;
};

/** Stripe rounds each line to a cent, so each may be half a cent off. */
const HALF_A_CENT = parseUsd("0.005");

/** Seconds by which two answers may be apart: they are looked up each minute, not at once. */
const APART_SECONDS = 150;

/** Compare the two; `ratePerHour` is what all that runs costs while they are being looked up. */
export function compare(upcoming: Upcoming, usage: Usage, ratePerHour: string): Agreement {
  const lines = upcoming.lines.filter(({ kind }) => kind === "usage");
  const invoiced = sumUsd(lines.map(({ amount_usd }) => amount_usd));
  const unsent = parseUsd(upcoming.unsent_usd);
  const used = parseUsd(usage.amount_usd);
  const tolerance = HALF_A_CENT * BigInt(lines.length + 1) + costOf(ratePerHour, APART_SECONDS);
  const difference = invoiced + unsent - used;
  return { invoiced, unsent, used, agrees: difference <= tolerance && -difference <= tolerance };
}
