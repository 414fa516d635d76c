import { Navigate, useSearchParams } from "react-router";
import { safeReturnTo } from "@/config/paths";
import { useAccount } from "@/features/accounts/api/get-account";
import { LandingPage } from "@/features/landing/components/landing-page";
import { usePlans } from "@/features/plans/api/get-plans";

/** `/`: for those who are signed out; the others go on to where they wanted. */
export default function Landing() {
  const [search] = useSearchParams();
  const account = useAccount();
  const plans = usePlans();
  const returnTo = safeReturnTo(search.get("return_to"));
  if (account.data) return <Navigate to={returnTo} replace />;
  return (
    <LandingPage
      returnTo={returnTo}
      sentHere={search.has("return_to")}
      signInError={search.get("sign_in")}
      prices={{
        plans: plans.data?.plans,
        sizes: plans.data?.sizes,
        error: plans.error,
        onRetry: () => plans.refetch(),
      }}
    />
  );
}
