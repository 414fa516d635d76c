import { useOutletContext } from "react-router";
import { AccountPage } from "@/features/accounts/components/account-page";
import { usePlans } from "@/features/plans/api/get-plans";
import type { Account as AccountModel } from "@/lib/api-models";
import { perMonth } from "@/lib/money";

/** `/account` */
export default function Account() {
  const account = useOutletContext<AccountModel>();
  const plan = usePlans().data?.plans.find(({ id }) => id === account.plan);
  const words = plan
    ? `Plan ${plan.name}, ${perMonth(plan.price_usd_month)}`
    : `Plan ${account.plan}`;
  return <AccountPage account={account} planWords={words} />;
}
