import { costOf, formatUsd, parseUsd } from "@/lib/money";
import { formatDuration } from "@/lib/time";

const HOUR_MS = 60 * 60 * 1_000;
const MINUTE_MS = 60 * 1_000;

/** How long a notebook may be kept running, by choice. */
export type Choice = "2h" | "8h" | "morning" | "own";

/** The hour at which a "morning" begins, in the person's own time zone. */
const MORNING_HOUR = 9;

/** When a choice ends; `own` is what a datetime-local field says. Null if that is no time yet. */
export function endOf(choice: Choice, own: string, now: Date): Date | null {
  if (choice === "2h") return fullMinute(now.getTime() + 2 * HOUR_MS);
  if (choice === "8h") return fullMinute(now.getTime() + 8 * HOUR_MS);
  if (choice === "morning") return nextMorning(now);
  const typed = new Date(own);
  return Number.isNaN(typed.getTime()) ? null : typed;
}

/** What is wrong with an end, as a sentence; null if nothing is. */
export function endProblem(end: Date | null, now: Date): string | null {
  if (end === null) return "Choose a day and a time.";
  return end <= now ? "Choose a time that is still to come." : null;
}

/** `9 h 20 min, at most $0.93`; of what the plan includes, that it costs nothing more. */
export function priceOfKeeping(end: Date, now: Date, pricePerHour: string): string {
  const seconds = Math.max(0, Math.round((end.getTime() - now.getTime()) / 1_000));
  if (parseUsd(pricePerHour) === 0n) return `${formatDuration(seconds)}, at no extra cost`;
  const total = formatUsd(costOf(pricePerHour, seconds), 2);
  return `${formatDuration(seconds)}, at most ${total}`;
}

/** A time as a datetime-local field wants it, in the person's own time zone. */
export function toFieldValue(time: Date): string {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * MINUTE_MS);
  return local.toISOString().slice(0, 16);
}

function nextMorning(now: Date): Date {
  const morning = new Date(now);
  morning.setHours(MORNING_HOUR, 0, 0, 0);
  if (morning <= now) morning.setDate(morning.getDate() + 1);
  return morning;
}

function fullMinute(time: number): Date {
  return new Date(Math.ceil(time / MINUTE_MS) * MINUTE_MS);
}
