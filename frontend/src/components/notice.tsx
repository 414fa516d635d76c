import type { ReactNode } from "react";
import classes from "./notice.module.css";
import { PageTitle } from "./page-title";

type Props = {
  title: string;
  children: ReactNode;
  /** The one thing to do about it. */
  action?: ReactNode;
};

/** A page that has only one thing to say. */
export function Notice({ title, children, action }: Props) {
  return (
    <div className={classes.notice}>
      <PageTitle title={title} />
      <p className={classes.text}>{children}</p>
      {action && <div className={classes.action}>{action}</div>}
    </div>
  );
}
