import { Button } from "@mantine/core";
import { Link } from "react-router";
import { ErrorNotice } from "@/components/error-notice";
import { paths } from "@/config/paths";
import type { Billing, BillingNotice } from "@/lib/api-models";
import { useChangePlan } from "../api/change-plan";
import { useOpenPortal } from "../api/open-portal";
import classes from "./notice-banner.module.css";
import { isOwing } from "./plan-words";

type Props = { notice: BillingNotice; billing: Billing };

/** The button that does something about a notice. */
export function NoticeFix({ notice, billing }: Props) {
  if (notice.kind === "canceling") return <KeepPlan plan={billing.plan} />;
  if (notice.kind === "payment_failed" || isOwing(billing)) return <Pay />;
  const reached = notice.kind !== "limit_50" && notice.kind !== "limit_80";
  return (
    <Button size="compact-sm" variant="default" component={Link} to={paths.changeLimit}>
      {reached ? "Raise the limit" : "Change the limit"}
    </Button>
  );
}

function KeepPlan({ plan }: { plan: string }) {
  const change = useChangePlan();
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        loading={change.isPending}
        onClick={() => change.mutate({ plan, proration_at: null })}
      >
        Keep the plan
      </Button>
      <Problem error={change.error} />
    </>
  );
}

function Pay() {
  const portal = useOpenPortal();
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        loading={portal.isPending}
        onClick={() => portal.mutate()}
      >
        Pay at Stripe
      </Button>
      <Problem error={portal.error} />
    </>
  );
}

function Problem({ error }: { error: unknown }) {
  if (error === null) return null;
  return (
    <div className={classes.problem}>
      <ErrorNotice error={error} />
    </div>
  );
}
