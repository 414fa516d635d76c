import { Notifications } from "@mantine/notifications";
import { Navigate, Outlet, useLocation } from "react-router";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
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
      {account.isPending && <Loading label="Loading" />}
      {account.isError && !account.data && (
        <ErrorNotice error={account.error} onRetry={() => account.refetch()} />
      )}
      {account.data && <Outlet context={account.data} />}
      <Notifications position="bottom-center" containerWidth={460} />
    </Frame>
  );
}
