import { Avatar, Menu, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { HardDrive, LogOut, Network, ReceiptText, UserRound } from "lucide-react";
import { Link } from "react-router";
import { paths } from "@/config/paths";
import { messageOf } from "@/lib/api-error";
import type { Account } from "@/lib/api-models";
import { useSignOut } from "../api/sign-out";
import classes from "./account-menu.module.css";

/** Who is signed in, and the way out. */
export function AccountMenu({ account }: { account: Account }) {
  const signOut = useSignOut();
  const leave = () =>
    signOut.mutate(undefined, {
      onError: (error) => notifications.show({ message: messageOf(error) }),
    });
  return (
    <Menu
      position="bottom-end"
      width={200}
      withinPortal={false}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <UnstyledButton className={classes.button ?? ""}>
          <Avatar
            src={account.avatar_url}
            alt=""
            size={34}
            name={account.name}
            color="ink"
            aria-hidden
          />
          <VisuallyHidden>Account of {account.name}</VisuallyHidden>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{account.login}</Menu.Label>
        <Menu.Item
          component={Link}
          to={paths.account}
          leftSection={<UserRound size={15} aria-hidden />}
        >
          Account
        </Menu.Item>
        <Menu.Item
          component={Link}
          to={paths.clusters}
          leftSection={<Network size={15} aria-hidden />}
        >
          Clusters
        </Menu.Item>
        <Menu.Item
          component={Link}
          to={paths.storage}
          leftSection={<HardDrive size={15} aria-hidden />}
        >
          Storage
        </Menu.Item>
        <Menu.Item
          component={Link}
          to={paths.billing}
          leftSection={<ReceiptText size={15} aria-hidden />}
        >
          Billing
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={15} aria-hidden />} onClick={leave}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
