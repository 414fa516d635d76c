import { lazy, Suspense } from "react";
import { Outlet } from "react-router";
import { paths } from "@/config/paths";
import { useAccount } from "@/features/accounts/api/get-account";
import { Frame } from "./frame";
import { MainNav } from "./main-nav";

/** A chunk of its own: strangers, who are most of those who come here, have no menu. */
const AccountMenu = lazy(() => import("./lazy-account-menu"));

/** Pages that anybody may see, and from which somebody who is signed in finds back. */
export function PublicLayout() {
  const account = useAccount().data;
  if (!account) {
    return (
      <Frame home={paths.landing}>
        <Outlet />
      </Frame>
    );
  }
  return (
    <Frame
      home={paths.notebooks}
      nav={<MainNav />}
      headerEnd={
        <Suspense>
          <AccountMenu account={account} />
        </Suspense>
      }
    >
      <Outlet />
    </Frame>
  );
}
