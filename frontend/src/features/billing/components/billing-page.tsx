import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { PageTitle } from "@/components/page-title";
import { POLL_BILL_MS } from "@/config/polling";
import type { Plan } from "@/lib/api-models";
import type { TimedBilling } from "../api/billing-cache";
import { useBilling } from "../api/get-billing";
import classes from "./billing-page.module.css";
import { CheckoutReturn } from "./checkout-return";
import { InvoicesPanel } from "./invoices-panel";
import { MonthPanel } from "./month-panel";
import { PlanPanel } from "./plan-panel";
import { RunningPanel } from "./running-panel";
import { UpcomingPanel } from "./upcoming-panel";
import { UsagePanel } from "./usage-panel";

type Props = {
  plans: Plan[];
  /** Since when the account exists: there is no usage before. */
  since: string;
};

/** What one pays and what for: the plan, this month, the next invoice and those before. */
export function BillingPage({ plans, since }: Props) {
  const query = useBilling(POLL_BILL_MS);
  return (
    <>
      <PageTitle title="Billing" />
      <CheckoutReturn billing={query.data} plans={plans} />
      {query.isPending && <Loading label="Loading the bill" />}
      {!query.data && <ErrorNotice error={query.error} onRetry={() => query.refetch()} />}
      {query.data && <LoadedBill billing={query.data} plans={plans} since={since} />}
    </>
  );
}

function LoadedBill({ billing, plans, since }: Props & { billing: TimedBilling }) {
  const paid = billing.status !== "free";
  return (
    <div className={classes.panels}>
      <div className={classes.top}>
        <PlanPanel billing={billing} plans={plans} />
        <MonthPanel billing={billing} />
      </div>
      <RunningPanel billing={billing} />
      <UsagePanel billing={billing} since={since} />
      {paid && <UpcomingPanel billing={billing} />}
      <InvoicesPanel />
    </div>
  );
}
