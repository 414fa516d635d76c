import { Check } from "lucide-react";
import classes from "./history-page.module.css";

/** What was restored, for those who see the page; `announce` says it to those who hear it. */
export function Restored({ children }: { children: string }) {
  return (
    <p className={classes.restored}>
      <Check size={16} aria-hidden /> {children}
    </p>
  );
}
