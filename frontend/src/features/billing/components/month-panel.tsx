import { Button } from "@mantine/core";
import { Panel } from "@/components/panel";
import { formatFixed, formatUsd, parseUsd, type Usd } from "@/lib/money";
import { formatMonth } from "@/lib/time";
import { useLiveSpent } from "@/lib/use-live-spent";
import type { TimedBilling } from "../api/billing-cache";
import { LimitBar } from "./limit-bar";
import { LimitDialog } from "./limit-dialog";
import classes from "./month-panel.module.css";
import { useBillingDialog } from "./use-billing-dialog";

type Props = { billing: TimedBilling };

/** What is spent this month beyond the plan, and the limit to that. */
export function MonthPanel({ billing }: Props) {
  return (
    <Panel title={formatMonth(billing.month)}>
      <Spent billing={billing} />
      {billing.status === "free" ? (
        <p className={classes.text}>
          On the Free plan a notebook of the included size can't cost anything, so there is nothing
          to limit. Once you take larger sizes, their cost counts up here, live.
        </p>
      ) : (
        <Limit billing={billing} />
      )}
    </Panel>
  );
}

function Spent({ billing }: Props) {
  const spent = useLiveSpent({
    spentUsd: billing.spent_usd,
    ratePerHour: billing.rate_usd_hour,
    atMs: billing.receivedMs,
  });
  return (
    <p className={classes.spent}>
      <span className={classes.amount}>{formatFixed(spent)}</span> beyond the plan so far
    </p>
  );
}

function Limit({ billing }: Props) {
  const dialog = useBillingDialog();
  const { limit_usd } = billing;
  return (
    <>
      {limit_usd !== null && <LimitBar billing={billing} limit={limit_usd} />}
      <p className={classes.text}>
        {limit_usd === null
          ? "There is no limit. With one, this month can't cost more than you decide."
          : limitWords(parseUsd(limit_usd))}
      </p>
      <Button variant="default" size="sm" mt="md" onClick={dialog.editLimit}>
        {limit_usd === null ? "Set a limit…" : "Change the limit…"}
      </Button>
      <LimitDialog billing={billing} opened={dialog.editsLimit} onClose={dialog.close} />
    </>
  );
}

function limitWords(limit: Usd): string {
  if (limit === 0n)
    return "Nothing beyond the plan is allowed: no larger size and no cluster can be started.";
  return `At ${formatUsd(limit, 2)}, clusters and notebooks of larger sizes are saved and stopped until the month is over. Notebooks of the included size go on.`;
}
