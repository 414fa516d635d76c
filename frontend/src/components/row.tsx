import type { ReactNode } from "react";
import { ErrorNotice } from "./error-notice";
import classes from "./row.module.css";

type Props = {
  title: string;
  /** A line of facts under the title. */
  children: ReactNode;
  action: ReactNode;
  error: unknown;
};

/** One thing in a list inside a panel: what it is, one action, and what went wrong with that. */
export function Row({ title, children, action, error }: Props) {
  return (
    <li className={classes.row}>
      <div className={classes.text}>
        <p className={classes.title}>{title}</p>
        <p className={classes.facts}>{children}</p>
      </div>
      {action}
      {error != null && (
        <div className={classes.error}>
          <ErrorNotice error={error} />
        </div>
      )}
    </li>
  );
}
