import type { RunState } from "@/lib/api-models";
import classes from "./state-badge.module.css";

const NAMES: Record<RunState, string> = {
  stopped: "Stopped",
  starting: "Starting",
  running: "Running",
  stopping: "Stopping",
  failed: "Failed",
  unknown: "Unknown",
};

/** The state of a notebook or a cluster, in a word; the colour only repeats it. */
export function StateBadge({ state }: { state: RunState }) {
  return (
    <span className={classes.badge} data-state={state}>
      <span className={classes.dot} aria-hidden />
      {NAMES[state]}
    </span>
  );
}
