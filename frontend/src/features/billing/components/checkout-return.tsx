import { CloseButton, Loader } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { Elapsed } from "@/components/elapsed";
import { paths } from "@/config/paths";
import { POLL_FAST_MS } from "@/config/polling";
import type { Billing, Plan } from "@/lib/api-models";
import { serverNow } from "@/lib/server-clock";
import { secondsSince } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { lookAgain } from "../api/billing-cache";
import { useBilling } from "../api/get-billing";
import classes from "./checkout-return.module.css";
import { planName } from "./plan-words";

type Props = { billing: Billing | undefined; plans: Plan[] };

/** Seconds in which Stripe's word has nearly always arrived; it takes about one. */
const USUAL_SECONDS = 30;

/** What became of a payment at Stripe, for somebody who comes back from there. */
export function CheckoutReturn({ billing, plans }: Props) {
  const [search] = useSearchParams();
  const outcome = search.get("checkout");
  if (outcome === "canceled") {
    return (
      <Note>
        You left Stripe before paying, so nothing has changed and nothing is charged.{" "}
        <Link to={paths.plans}>Compare plans</Link>
      </Note>
    );
  }
  if (outcome !== "done" || billing === undefined) return null;
  if (billing.status === "free") return <Waiting />;
  return <Active plan={planName(plans, billing.plan)} />;
}

function Waiting() {
  const [since] = useState(() => new Date(serverNow()).toISOString());
  const now = useNow(POLL_FAST_MS);
  useBilling(POLL_FAST_MS);
  const late = secondsSince(since, now) > USUAL_SECONDS;
  return (
    <div className={classes.note} role="status">
      <Loader size="sm" aria-hidden />
      <div className={classes.words}>
        <p>
          <strong>You have paid at Stripe.</strong> Waiting for Stripe to confirm it to us, and then
          your plan begins. <Elapsed iso={since} />
        </p>
        {late && (
          <p className={classes.late}>
            This takes longer than usual. Your payment is safe at Stripe, and the plan begins by
            itself as soon as we hear of it: you need not pay again, nor stay on this page.
          </p>
        )}
      </div>
    </div>
  );
}

function Active({ plan }: { plan: string }) {
  const client = useQueryClient();
  useEffect(() => lookAgain(client), [client]);
  return (
    <Note mark={<Check size={18} aria-hidden />}>
      <strong>Your plan {plan} is active.</strong>{" "}
      <Link to={paths.notebooks}>Go to your notebooks</Link>
    </Note>
  );
}

function Note({ children, mark }: { children: ReactNode; mark?: ReactNode }) {
  const [, setSearch] = useSearchParams();
  return (
    <div className={classes.note} role="status">
      {mark}
      <p className={classes.words}>{children}</p>
      <CloseButton
        size="sm"
        aria-label="Close this message"
        onClick={() => setSearch({}, { replace: true })}
      />
    </div>
  );
}
