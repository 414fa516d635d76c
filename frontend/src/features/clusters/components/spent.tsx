import type { Cluster } from "@/lib/api-models";
import { formatSpent, type Usd } from "@/lib/money";
import { useLiveSpent } from "@/lib/use-live-spent";

/** What a cluster has cost by now, counted on between what the API says. */
export function useSpent({ spent_usd, price, as_of }: Cluster): Usd {
  return useLiveSpent({
    spentUsd: spent_usd,
    ratePerHour: price.now_usd_hour,
    atMs: Date.parse(as_of),
  });
}

/** `$0.31`, counting on. */
export function Spent({ cluster }: { cluster: Cluster }) {
  return <span className="numbers">{formatSpent(useSpent(cluster))}</span>;
}
