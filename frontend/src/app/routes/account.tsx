import { AccountPage } from "@/features/accounts/components/account-page";
import { usePlans } from "@/features/plans/api/get-plans";
import { perMonth } from "@/lib/money";
import { useSignedIn } from "../use-signed-in";

/** `/account` */
export default function Account() {
  const account = useSignedIn();
  const plan = usePlans().data?.plans.find(({ id }) => id === account.plan);
  const words = plan
    ? `Plan ${plan.name}, ${perMonth(plan.price_usd_month)}`
    : `Plan ${account.plan}`;
  return <AccountPage account={account} planWords={words} />;
}
