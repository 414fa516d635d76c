import { spentAfter, type Usd } from "./money";
import { useNow } from "./use-now";

const TICK_MS = 1_000;

/** Something that costs money by the hour: what it had cost at a time, in ms of the server's. */
export type Spending = { spentUsd: string; ratePerHour: string; atMs: number };

/** What it has cost by now, counted on here between what the API says. */
export function useLiveSpent({ spentUsd, ratePerHour, atMs }: Spending): Usd {
  const now = useNow(TICK_MS);
  return spentAfter(spentUsd, ratePerHour, now - atMs);
}
