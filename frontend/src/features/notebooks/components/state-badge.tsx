import type { NotebookState } from "@/lib/api-models";
import classes from "./state-badge.module.css";

const NAMES: Record<NotebookState, string> = {
  stopped: "Stopped",
  starting: "Starting",
  running: "Running",
  stopping: "Stopping",
  failed: "Failed",
};

/** A notebook's state, in a word; the colour only repeats it. */
export function StateBadge({ state }: { state: NotebookState }) {
  return (
    <span className={classes.badge} data-state={state}>
      <span className={classes.dot} aria-hidden />
      {NAMES[state]}
    </span>
  );
}
