import type {
  Cluster,
  ClusterEnd,
  ClusterStop,
  ClusterTasks,
  ClusterWorker,
} from "@/lib/api-models";
import { formatUsd, parseUsd } from "@/lib/money";
import { formatDuration, formatMinutes, secondsSince } from "@/lib/time";

const STOPS: Readonly<Record<ClusterEnd, string>> = {
  closed: "Closed by your code",
  user: "Stopped by you",
  idle: "Stopped by itself",
  no_client: "Stopped by itself",
  budget: "Stopped at its budget",
  limit: "Stopped at your monthly limit",
  plan: "Stopped because your plan no longer covers it",
  unpaid: "Stopped because a payment is missing",
  notebook_stopped: "Stopped with its notebook",
  notebook_lost: "Stopped because its notebook ended",
  lease_expired: "Stopped after losing contact with its notebook",
  scheduler_lost: "Stopped because its scheduler ended",
  failed_start: "Did not start",
  environment: "Its workers could not be set up",
  unknown: "Stopped",
};

/** What `STOPS` says all of. */
const SELF_EXPLAINING: ReadonlySet<ClusterEnd> = new Set(["closed", "user"]);

const SPOKEN: Record<Cluster["state"], string> = {
  starting: "is starting",
  running: "is running",
  stopping: "is stopping",
  stopped: "has stopped",
  failed: "has failed",
  unknown: "is in a state that this page does not know",
};

const PURCHASES: Record<Cluster["purchase"], string> = {
  on_demand: "On demand: computers that nobody takes away",
  spot: "Cheaper spare computers, which may be taken away and replaced",
  spot_with_fallback: "Cheaper spare computers, and others where there are none",
  unknown: "Not known",
};

const WORKER_STATES: Record<ClusterWorker["state"], string> = {
  pending: "Waiting for a computer",
  starting: "Starting",
  running: "Running",
  ended: "Ended",
};

/** Why a cluster ended, in some words. */
export function stopWords(reason: ClusterEnd): string {
  return STOPS[reason];
}

/** What the API adds to `stopWords`, where it says more than that. */
export function stopDetail({ reason, message }: ClusterStop): string {
  return SELF_EXPLAINING.has(reason) ? "" : message;
}

/** The sentence that a screen reader hears when something has changed. */
export function spokenState({ name, state, problem }: Cluster): string {
  return `Cluster ${name} ${SPOKEN[state]}.${problem === null ? "" : ` ${problem.message}`}`;
}

/** `3 of 8 workers`, `8 workers`. */
export function workerCount({ running, wanted }: Cluster["workers"]): string {
  if (running === wanted) return plural(wanted, "worker");
  return `${running} of ${plural(wanted, "worker")}`;
}

/** `2 starting, 3 waiting for a computer`; nothing when all have joined. */
export function missingWords({ pending, starting }: Cluster["workers"]): string {
  const parts = [
    starting > 0 && `${starting} starting`,
    pending > 0 && `${pending} waiting for a computer`,
  ];
  return parts.filter((part) => part !== false).join(", ");
}

/** The power of one worker: `2 vCPU, 8 GiB`. */
export function powerWords({ vcpu, memory_gib, gpu }: Cluster["worker"]): string {
  return `${vcpu} vCPU, ${memory_gib} GiB${gpu > 0 ? `, ${gpu} GPU` : ""}`;
}

/** How its computers are bought. */
export function purchaseWords(purchase: Cluster["purchase"]): string {
  return PURCHASES[purchase];
}

/** When it stops by itself. */
export function idleWords(idleMinutes: number): string {
  return `After ${formatMinutes(idleMinutes)} without work`;
}

/** `ran 2 h`; null of one that never ran, or still does. */
export function lengthWords({ started_at, stopped_at }: Cluster): string | null {
  if (started_at === null || stopped_at === null) return null;
  return `ran ${formatDuration(secondsSince(started_at, Date.parse(stopped_at)))}`;
}

/** What happens when nobody is connected. */
export function detachedWords(detached: boolean): string {
  return detached
    ? "It goes on: it is detached"
    : "It stops 2 min after the last connection is closed";
}

/** A worker's state. */
export function workerState(state: ClusterWorker["state"]): string {
  return WORKER_STATES[state];
}

/** What a stop would lose, in a sentence; null where nothing is known to be there. */
export function lossWords(tasks: ClusterTasks | null): string | null {
  if (tasks === null) return null;
  const unfinished = tasks.waiting + tasks.processing;
  if (unfinished === 0 && tasks.memory === 0) return null;
  const parts = [
    unfinished > 0 && plural(unfinished, "unfinished task"),
    tasks.memory > 0 && plural(tasks.memory, "result", "that its workers hold"),
  ];
  return `${parts.filter((part) => part !== false).join(" and ")} will be lost.`;
}

/** What an hour costs now, and with all workers: `$0.81/h now, $1.62/h with all workers`. */
export function priceWords({ state, price }: Pick<Cluster, "state" | "price">): string {
  const now = parseUsd(price.now_usd_hour);
  const all = state === "stopping" ? now : parseUsd(price.usd_hour);
  if (now === all) return `${formatUsd(all)}/h`;
  if (now === 0n) return `${formatUsd(all)}/h once all workers run`;
  return `${formatUsd(now)}/h now, ${formatUsd(all)}/h with all workers`;
}

/** `1 worker`, `8 workers`, `1,200 results that its workers hold`. */
export function plural(count: number, noun: string, rest = ""): string {
  const words = `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
  return rest === "" ? words : `${words} ${rest}`;
}
