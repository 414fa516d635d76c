export { AccountMenu as default } from "@/features/accounts/components/account-menu";
