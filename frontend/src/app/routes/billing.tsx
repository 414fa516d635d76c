import { BillingPage } from "@/features/billing/components/billing-page";
import { usePlans } from "@/features/plans/api/get-plans";
import type { Plan } from "@/lib/api-models";
import { useSignedIn } from "../use-signed-in";

const NONE: Plan[] = [];

/** `/billing` */
export default function Billing() {
  const account = useSignedIn();
  return <BillingPage plans={usePlans().data?.plans ?? NONE} since={account.created_at} />;
}
