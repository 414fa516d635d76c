import { Button } from "@mantine/core";
import { ExternalLink } from "lucide-react";
import { Link } from "react-router";
import { ErrorNotice } from "@/components/error-notice";
import { Panel } from "@/components/panel";
import { paths } from "@/config/paths";
import type { Billing, Plan } from "@/lib/api-models";
import { perMonth } from "@/lib/money";
import { useChangePlan } from "../api/change-plan";
import { useOpenPortal } from "../api/open-portal";
import { CancelDialog } from "./cancel-dialog";
import { ChangePlanDialog } from "./change-plan-dialog";
import classes from "./plan-panel.module.css";
import { isOwing, planName, statusWords } from "./plan-words";
import { useBillingDialog } from "./use-billing-dialog";

type Props = { billing: Billing; plans: Plan[] };

/** The plan, how it stands, and what can be changed about it. */
export function PlanPanel({ billing, plans }: Props) {
  const plan = plans.find(({ id }) => id === billing.plan);
  return (
    <Panel title="Plan">
      <p className={classes.plan}>
        <span className={classes.name}>{planName(plans, billing.plan)}</span>
        {plan && <span>{perMonth(plan.price_usd_month)}</span>}
      </p>
      <p className={classes.status} data-owing={isOwing(billing)}>
        {statusWords(billing)}
      </p>
      {billing.status === "free" ? (
        <>
          <p className={classes.status}>
            A paid plan runs more notebooks at a time, keeps more files, and lets you take larger
            sizes by the second.
          </p>
          <div className={classes.buttons}>
            <Button component={Link} to={paths.plans}>
              Compare plans
            </Button>
          </div>
        </>
      ) : (
        <PaidButtons billing={billing} plans={plans} />
      )}
    </Panel>
  );
}

function PaidButtons({ billing, plans }: Props) {
  const dialog = useBillingDialog();
  const keep = useChangePlan();
  const portal = useOpenPortal();
  const owing = isOwing(billing);
  const canceling = billing.status === "canceling";
  return (
    <>
      <div className={classes.buttons}>
        {canceling && (
          <Button
            loading={keep.isPending}
            onClick={() => keep.mutate({ plan: billing.plan, proration_at: null })}
          >
            Keep the plan
          </Button>
        )}
        {!owing && !canceling && <Button onClick={() => dialog.changeTo("")}>Change plan…</Button>}
        <Button
          variant={owing ? "filled" : "default"}
          loading={portal.isPending}
          onClick={() => portal.mutate()}
          rightSection={<ExternalLink size={15} aria-hidden />}
        >
          {owing ? "Pay at Stripe" : "Card and address"}
        </Button>
        {!canceling && (
          <Button variant="default" onClick={() => dialog.changeTo("free")}>
            Cancel plan…
          </Button>
        )}
      </div>
      <ErrorNotice error={keep.error ?? portal.error} />
      <ChangePlanDialog
        billing={billing}
        plans={plans}
        target={dialog.changesTo}
        onChoose={dialog.changeTo}
        onClose={dialog.close}
      />
      <CancelDialog
        billing={billing}
        plans={plans}
        opened={dialog.changesTo === "free"}
        onClose={dialog.close}
      />
    </>
  );
}
