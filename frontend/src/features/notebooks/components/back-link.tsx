import { ArrowLeft } from "lucide-react";
import { Link } from "react-router";
import { paths } from "@/config/paths";
import classes from "./back-link.module.css";

/** The way back to the list. */
export function BackLink() {
  return (
    <Link to={paths.notebooks} className={classes.link}>
      <ArrowLeft size={16} aria-hidden /> All notebooks
    </Link>
  );
}
