import { Progress } from "@mantine/core";
import type { Billing } from "@/lib/api-models";
import { formatUsd, parseUsd } from "@/lib/money";
import classes from "./limit-bar.module.css";

type Props = { billing: Billing; limit: string };

/** Shares of the limit at which one is told; at the last, notebooks are stopped. */
const MARKS = [50, 80, 100] as const;

/** How much of the limit is spent, with the shares at which one hears of it. */
export function LimitBar({ billing, limit }: Props) {
  const { limit_percent } = billing;
  const whole = formatUsd(parseUsd(limit), 2);
  return (
    <div className={classes.limit}>
      <Progress
        size="lg"
        value={Math.min(100, limit_percent)}
        color={colorOf(limit_percent)}
        aria-label={`${limit_percent} % of the limit of ${whole} is spent`}
      />
      <ol className={classes.marks} aria-hidden>
        {MARKS.map((mark) => (
          <li key={mark} data-mark={mark} data-passed={limit_percent >= mark}>
            {mark === 100 ? whole : `${mark} %`}
          </li>
        ))}
      </ol>
    </div>
  );
}

function colorOf(percent: number): string {
  if (percent >= 100) return "var(--failed)";
  return percent >= 80 ? "var(--chart-2)" : "var(--chart-1)";
}
