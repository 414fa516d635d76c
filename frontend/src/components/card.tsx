import { type ReactNode, useId } from "react";
import { Link } from "react-router";
import type { RunState } from "@/lib/api-models";
import classes from "./card.module.css";
import { StateBadge } from "./state-badge";

type Props = {
  name: string;
  /** Where its name leads. */
  to: string;
  state: RunState;
  /** What it does, in a sentence. */
  status: ReactNode;
  /** List items with what else there is to know. */
  facts: ReactNode;
  /** What can be done. */
  actions: ReactNode;
  /** What takes the whole width under all that, such as an error. */
  children?: ReactNode;
};

/** One thing in a list that has a state and a page of its own. */
export function Card({ name, to, state, status, facts, actions, children }: Props) {
  const id = useId();
  return (
    <article className={classes.card} aria-labelledby={id} data-state={state}>
      <div className={classes.text}>
        <div className={classes.head}>
          <h2 id={id} className={classes.name}>
            <Link to={to}>{name}</Link>
          </h2>
          <StateBadge state={state} />
        </div>
        <p className={classes.status}>{status}</p>
        <ul className={classes.facts}>{facts}</ul>
      </div>
      <div className={classes.actions}>{actions}</div>
      <div className={classes.wide}>{children}</div>
    </article>
  );
}
