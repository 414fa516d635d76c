import { NavLink } from "react-router";
import { paths } from "@/config/paths";
import classes from "./main-nav.module.css";

/** The places that one goes to and fro between. On a phone, the account's menu has them. */
export function MainNav() {
  return (
    <nav aria-label="Main" className={classes.nav}>
      <NavLink to={paths.notebooks}>Notebooks</NavLink>
      <NavLink to={paths.clusters}>Clusters</NavLink>
      <NavLink to={paths.billing}>Billing</NavLink>
    </nav>
  );
}
