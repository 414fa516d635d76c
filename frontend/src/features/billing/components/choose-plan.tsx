import { Button } from "@mantine/core";
import { Link } from "react-router";
import { ErrorNotice } from "@/components/error-notice";
import { githubStartUrl, paths } from "@/config/paths";
import type { Plan } from "@/lib/api-models";
import { useCheckout } from "../api/checkout";

type Props = {
  plan: Plan;
  /** The plan of whoever is signed in; null for a stranger. */
  current: string | null;
  /** False until it is known whether anybody is signed in. */
  accountKnown: boolean;
};

const FREE = "free";

/** What can be done about a plan: sign in first, pay for it, or change to it. */
export function ChoosePlan({ plan, current, accountKnown }: Props) {
  if (!accountKnown) return <Button fullWidth loading aria-label={`Choose ${plan.name}`} />;
  if (current === null) return <SignInFirst plan={plan} />;
  if (current === plan.id) return <SeeBill />;
  if (current === FREE) return <GoToCheckout plan={plan} />;
  return (
    <Button fullWidth variant="default" component={Link} to={paths.changePlan(plan.id)}>
      Change to {plan.name}
    </Button>
  );
}

function SignInFirst({ plan }: { plan: Plan }) {
  const free = plan.id === FREE;
  const returnTo = free ? paths.notebooks : paths.choosePlan(plan.id);
  return (
    <Button
      fullWidth
      variant={free ? "default" : "filled"}
      component="a"
      href={githubStartUrl(returnTo)}
    >
      {free ? "Sign in with GitHub and start" : `Choose ${plan.name}`}
    </Button>
  );
}

function SeeBill() {
  return (
    <Button fullWidth variant="default" component={Link} to={paths.billing}>
      See your bill
    </Button>
  );
}

function GoToCheckout({ plan }: { plan: Plan }) {
  const checkout = useCheckout();
  return (
    <>
      <Button fullWidth loading={checkout.isPending} onClick={() => checkout.mutate(plan.id)}>
        Choose {plan.name}
      </Button>
      <ErrorNotice error={checkout.error} />
    </>
  );
}
