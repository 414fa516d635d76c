import { Notifications } from "@mantine/notifications";
import { Navigate, Outlet, useLocation } from "react-router";
import { PageWithoutData } from "@/components/page-without-data";
import { paths, signInPath } from "@/config/paths";
import { useAccount } from "@/features/accounts/api/get-account";
import { AccountMenu } from "@/features/accounts/components/account-menu";
import { NoticeBanner } from "@/features/billing/components/notice-banner";
import { Frame } from "./frame";
import { MainNav } from "./main-nav";

/** Pages of somebody who is signed in. Everybody else is led to signing in, and back. */
export default function SignedInLayout() {
  const account = useAccount();
  const { pathname, search } = useLocation();
  if (account.data === null) return <Navigate to={signInPath(pathname + search)} replace />;
  return (
    <Frame
      home={paths.notebooks}
      nav={<MainNav />}
      banner={account.data && <NoticeBanner />}
      headerEnd={account.data && <AccountMenu account={account.data} />}
    >
      {account.data ? (
        <Outlet context={account.data} />
      ) : (
        <PageWithoutData title="Your account" label="Loading" query={account} />
      )}
      <Notifications position="bottom-center" containerWidth={460} />
    </Frame>
  );
}
