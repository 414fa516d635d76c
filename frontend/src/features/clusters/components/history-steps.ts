import type { WorkerHistory } from "@/lib/api-models";

/** So many workers from one moment to another, in ms since 1970. */
export type Step = { from: number; to: number; workers: number };

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const MOST_TICKS = 6;

/** Lengths between ticks that people count in. */
const TICK_STEPS = [
  ...[1, 5, 15, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 28].map((days) => days * DAY),
];

const TICKS = {
  seconds: new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" }),
  minutes: new Intl.DateTimeFormat("en-GB", { timeStyle: "short" }),
  days: new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  }),
};

/** The history as steps, the last of which goes on until `end`. */
export function stepsOf({ points }: WorkerHistory, end: number): Step[] {
  const starts = points.map(({ at }) => Date.parse(at));
  return points.flatMap(({ workers }, index) => {
    const from = starts[index] ?? end;
    const to = Math.max(from, starts[index + 1] ?? end);
    return to > from ? [{ from, to, workers }] : [];
  });
}

/** The most workers at once, and how long all of them worked together, in hours. */
export function sumOf(steps: Step[]): { most: number; hours: number } {
  const most = Math.max(0, ...steps.map(({ workers }) => workers));
  const worked = steps.reduce((sum, { from, to, workers }) => sum + workers * (to - from), 0);
  return { most, hours: worked / HOUR };
}

/** What a plot of these steps is drawn from: the start of each, and the end of the last. */
export function cornersOf(steps: Step[]): Array<{ at: number; workers: number }> {
  const corners = steps.map(({ from, workers }) => ({ at: from, workers }));
  const last = steps.at(-1);
  return last ? [...corners, { at: last.to, workers: last.workers }] : corners;
}

/** Where the axis of time has its ticks: at round times, and not more than fit. */
export function ticksOf(from: number, to: number): number[] {
  const step = TICK_STEPS.find((length) => (to - from) / length <= MOST_TICKS) ?? to - from;
  const first = Math.ceil(from / step) * step;
  const count = Math.max(0, Math.floor((to - first) / step) + 1);
  return Array.from({ length: count }, (_, index) => first + index * step);
}

/** A tick of the axis of time, as exact as `span` ms of it need. */
export function timeTick(at: number, span: number): string {
  if (span < 10 * MINUTE) return TICKS.seconds.format(at);
  return (span < DAY ? TICKS.minutes : TICKS.days).format(at);
}
