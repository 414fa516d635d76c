import type { ReactNode } from "react";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { PageTitle } from "@/components/page-title";
import type { Catalogue, Plan } from "@/lib/api-models";
import { MeterTable } from "./meter-table";
import { PlanCard } from "./plan-card";
import classes from "./plans-page.module.css";
import { SizeTable } from "./size-table";

type Props = {
  catalogue: Catalogue | undefined;
  error: unknown;
  onRetry: () => void;
  /** The plan of whoever is signed in. */
  current: string | null;
  /** The plan that somebody chose before signing in. */
  chosen: string | null;
  /** What can be done about a plan. */
  action: (plan: Plan) => ReactNode;
};

/** Every price there is: plans, sizes, and what is counted. */
export function PlansPage({ catalogue, error, onRetry, current, chosen, action }: Props) {
  const goOn = catalogue?.plans.find(({ id }) => id === chosen && id !== current);
  return (
    <>
      <PageTitle title="Plans and prices" />
      <p className={classes.lead}>
        You pay a flat price a month for a plan, and by the second for what is larger than the plan.
        A limit of your own keeps the bill from growing further than you want.
      </p>
      {goOn && (
        <p className={classes.goOn} role="status">
          You are signed in, so you can go on with {goOn.name}. Stripe asks for the card next.
        </p>
      )}
      {!catalogue && error === null && <Loading label="Loading the prices" />}
      {!catalogue && <ErrorNotice error={error} onRetry={onRetry} />}
      {catalogue && (
        <>
          <ul className={classes.plans} aria-label="Plans">
            {catalogue.plans.map((plan) => (
              <PlanCard
                key={plan.id}
                plan={plan}
                size={catalogue.sizes.find(({ id }) => id === plan.included_size)}
                mark={markOf(plan.id, current, goOn?.id)}
              >
                {action(plan)}
              </PlanCard>
            ))}
          </ul>
          <SizeTable plans={catalogue.plans} sizes={catalogue.sizes} />
          <MeterTable meters={catalogue.meters} />
        </>
      )}
    </>
  );
}

function markOf(plan: string, current: string | null, chosen: string | undefined) {
  if (plan === current) return "current";
  return plan === chosen ? "chosen" : null;
}
