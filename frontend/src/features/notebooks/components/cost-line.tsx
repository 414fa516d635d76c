import type { NotebookCost } from "@/lib/api-models";
import { formatSpent, formatUsd, parseUsd } from "@/lib/money";
import { useLiveSpent } from "@/lib/use-live-spent";
import { IN_THE_PLAN } from "./notebook-words";

/** What a notebook costs while it runs: `$0.0792/h · $0.31 so far`, counting on. */
export function CostLine({ cost }: { cost: NotebookCost }) {
  if (cost.included) return <>{IN_THE_PLAN}</>;
  return <LiveCost cost={cost} />;
}

function LiveCost({ cost }: { cost: NotebookCost }) {
  const spent = useLiveSpent({
    spentUsd: cost.spent_usd,
    ratePerHour: cost.rate_usd_hour,
    atMs: Date.parse(cost.as_of),
  });
  return (
    <span className="numbers">
      {formatUsd(parseUsd(cost.rate_usd_hour))}/h · {formatSpent(spent)} so far
    </span>
  );
}
