import { PageTitle } from "@/components/page-title";
import type { Account } from "@/lib/api-models";
import classes from "./account-page.module.css";
import { ProfilePanel } from "./profile-panel";
import { SessionsPanel } from "./sessions-panel";
import { TokensPanel } from "./tokens-panel";

type Props = {
  account: Account;
  /** What the account's plan is called and costs, as far as it is known. */
  planWords: string;
};

/** The signed-in person: profile, browsers that are signed in, API tokens. */
export function AccountPage({ account, planWords }: Props) {
  return (
    <>
      <PageTitle title="Account" />
      <div className={classes.panels}>
        <ProfilePanel account={account} planWords={planWords} />
        <SessionsPanel />
        <TokensPanel />
      </div>
    </>
  );
}
