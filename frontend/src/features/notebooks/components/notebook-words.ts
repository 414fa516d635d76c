import type {
  Notebook,
  NotebookState,
  ServerEnd,
  SizeOffer,
  Stage,
  StageName,
} from "@/lib/api-models";
import { parseUsd, perHour } from "@/lib/money";

/** What each stage of a start is called while it is under way. */
const STAGE_LABELS: Readonly<Record<StageName, string>> = {
  requested: "Asked for a machine",
  launching: "Getting the machine",
  booting: "Starting Jupyter",
  restoring: "Bringing your files back",
  ready: "Ready",
};

/** The stages of a start, in order. */
export const STAGES = Object.keys(STAGE_LABELS) as StageName[];

const STOPPED_BY_OWNER = "Stopped by you";

const STOPS: Readonly<Record<ServerEnd, string>> = {
  user: STOPPED_BY_OWNER,
  idle: "Stopped by itself",
  crashed: "Crashed",
  out_of_memory: "Ran out of memory",
  limit: "Stopped at your monthly limit",
  unpaid: "Stopped because a payment is missing",
  plan: "Stopped because your plan no longer covers it",
  deleted: STOPPED_BY_OWNER,
  failed_start: "Did not start",
  lease_expired: "Stopped after losing contact",
  lost: "The machine was lost",
  maintenance: "Stopped for maintenance",
  unknown: "Stopped",
};

const SPOKEN: Record<NotebookState, string> = {
  stopped: "has stopped",
  starting: "is starting",
  running: "is running",
  stopping: "is stopping",
  failed: "has failed",
  unknown: "is in a state that this page does not know",
};

/** Why a server ended, in two or three words. */
export function stopWords(reason: ServerEnd): string {
  return STOPS[reason];
}

/** What the API adds to `stopWords`, where it says more than that. */
export function stopDetail(reason: ServerEnd, message: string | null): string {
  return stopWords(reason) === STOPPED_BY_OWNER ? "" : (message ?? "");
}

/** The stage that a start is in, or null before the first is known. */
export function currentStage(notebook: Notebook): Stage | null {
  return notebook.stages.at(-1) ?? null;
}

/** What a stage is called. */
export function stageLabel(name: StageName): string {
  return STAGE_LABELS[name];
}

/** The sentence that a screen reader hears when something has changed. */
export function spokenState(notebook: Notebook): string {
  const stage = notebook.state === "starting" ? currentStage(notebook) : null;
  const detail = stage === null ? "" : `: ${stageLabel(stage.name)}`;
  return `${notebook.name} ${SPOKEN[notebook.state]}${detail}.`;
}

/** `2 vCPU, 4 GiB memory`. */
export function sizeWords(size: SizeOffer): string {
  const gpu = size.gpu > 0 ? `, ${size.gpu} GPU` : "";
  return `${size.vcpu} vCPU, ${size.memory_gib} GiB memory${gpu}`;
}

/** What is said of a size that the plan pays for. */
export const IN_THE_PLAN = "included in your plan";

/** What an hour costs beyond the plan: `$0.0792 an hour`, or that it costs nothing or is no choice. */
export function priceWords(beyondPlan: string | null): string {
  if (beyondPlan === null) return "not in your plan";
  return parseUsd(beyondPlan) === 0n ? IN_THE_PLAN : perHour(beyondPlan);
}

/** The size with this id; undefined while the sizes are loading or if it is no longer offered. */
export function findSize(sizes: SizeOffer[], id: string): SizeOffer | undefined {
  return sizes.find((size) => size.id === id);
}

/** Whether a server exists for it, so that deleting it would end something. */
export function isActive(notebook: Notebook): boolean {
  return notebook.state !== "stopped" && notebook.state !== "failed";
}
