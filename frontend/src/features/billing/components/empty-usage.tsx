import { formatMonth } from "@/lib/time";
import classes from "./empty-usage.module.css";

type Props = {
  /** Whether anything ran at all, within the plan. */
  used: boolean;
  /** Whether something runs now that is not recorded yet. */
  running: boolean;
  free: boolean;
  month: string;
};

/** A month that cost nothing beyond the plan: why, and what would show up here. */
export function EmptyUsage({ used, running, free, month }: Props) {
  return (
    <div className={classes.empty}>
      <p className={classes.title}>{titleOf(used, running, formatMonth(month))}</p>
      <p>
        {free
          ? "The Free plan pays for the included size, so there is nothing to draw. On a paid plan, what larger sizes cost is shown here, day by day."
          : "When a cluster or a notebook of a larger size runs, or files take more space than the plan includes, each day's cost is drawn here."}
      </p>
    </div>
  );
}

function titleOf(used: boolean, running: boolean, month: string): string {
  if (used) return `Everything used in ${month} is in your plan.`;
  return running ? "What runs now is added here each minute." : `Nothing ran in ${month}.`;
}
