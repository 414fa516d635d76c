import { type ReactNode, useId } from "react";
import type { Plan, Size } from "@/lib/api-models";
import { formatUsd, parseUsd } from "@/lib/money";
import classes from "./plan-card.module.css";

type Props = {
  plan: Plan;
  /** The size that is in the price. */
  size: Size | undefined;
  mark: "current" | "chosen" | null;
  /** What can be done about it. */
  children: ReactNode;
};

/** One plan: its price, and what is in it. */
export function PlanCard({ plan, size, mark, children }: Props) {
  const id = useId();
  return (
    <li className={classes.card} aria-labelledby={id} data-mark={mark}>
      <div className={classes.head}>
        <h2 id={id} className={classes.name}>
          {plan.name}
        </h2>
        {mark === "current" && <span className={classes.badge}>Your plan</span>}
      </div>
      <p className={classes.price}>
        {formatUsd(parseUsd(plan.price_usd_month), 2)}
        <span className={classes.per}> a month</span>
      </p>
      <p className={classes.summary}>{plan.summary}</p>
      <ul className={classes.facts}>
        <li>
          {plan.notebooks_at_once === 1
            ? "One notebook at a time"
            : `${plan.notebooks_at_once} notebooks at a time`}
        </li>
        {size && (
          <li>
            {size.name} included: {size.vcpu} vCPU, {size.memory_gib} GiB memory
          </li>
        )}
        <li>
          {plan.storage_gib} GiB of files included
          {plan.most_storage_gib > plan.storage_gib &&
            `, up to ${plan.most_storage_gib.toLocaleString("en-US")}`}
        </li>
        {plan.cluster_vcpus_at_once > 0 && (
          <li>Clusters of up to {plan.cluster_vcpus_at_once} vCPU, by the second</li>
        )}
        <li>{usageWords(plan)}</li>
      </ul>
      <div className={classes.action}>{children}</div>
    </li>
  );
}

function usageWords({ has_usage, default_limit_usd }: Plan): string {
  if (!has_usage) return "Nothing beyond it, and no card";
  if (default_limit_usd === null) return "Larger sizes by the second";
  const limit = formatUsd(parseUsd(default_limit_usd), 2);
  return `Larger sizes by the second, to a limit that you set (${limit} at first)`;
}
