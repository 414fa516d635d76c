import { ArrowLeft } from "lucide-react";
import { Link } from "react-router";
import classes from "./back-link.module.css";

type Props = { to: string; children: string };

/** The way back to the list. */
export function BackLink({ to, children }: Props) {
  return (
    <Link to={to} className={classes.link}>
      <ArrowLeft size={16} aria-hidden /> {children}
    </Link>
  );
}
