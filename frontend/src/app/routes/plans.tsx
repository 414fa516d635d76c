import { useSearchParams } from "react-router";
import { useAccount } from "@/features/accounts/api/get-account";
import { ChoosePlan } from "@/features/billing/components/choose-plan";
import { usePlans } from "@/features/plans/api/get-plans";
import { PlansPage } from "@/features/plans/components/plans-page";

/** `/plans`: for everybody. */
export default function Plans() {
  const [search] = useSearchParams();
  const account = useAccount();
  const plans = usePlans();
  const current = account.data?.plan ?? null;
  return (
    <PlansPage
      catalogue={plans.data}
      error={plans.error}
      onRetry={() => plans.refetch()}
      current={current}
      chosen={account.data ? search.get("choose") : null}
      action={(plan) => (
        <ChoosePlan plan={plan} current={current} accountKnown={!account.isPending} />
      )}
    />
  );
}
