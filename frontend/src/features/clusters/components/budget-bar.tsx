import { Progress } from "@mantine/core";
import type { Cluster } from "@/lib/api-models";
import { formatUsd, parseUsd, type Usd } from "@/lib/money";
import classes from "./budget-bar.module.css";
import { useSpent } from "./spent";

type Props = { cluster: Cluster; budget: string };

const NEARLY = 80;

/** How much of a cluster's budget is spent; it is stopped before the bar is full. */
export function BudgetBar({ cluster, budget }: Props) {
  const percent = percentOf(useSpent(cluster), parseUsd(budget));
  const words = `${percent} % of its budget of ${formatUsd(parseUsd(budget))} is spent`;
  return (
    <div className={classes.budget}>
      <Progress
        value={percent}
        color={percent >= NEARLY ? "var(--chart-2)" : "var(--chart-1)"}
        aria-label={words}
      />
      <p className={classes.words} aria-hidden>
        {words}
      </p>
    </div>
  );
}

function percentOf(spent: Usd, budget: Usd): number {
  if (budget === 0n || spent >= budget) return 100;
  return Number((spent * 100n) / budget);
}
