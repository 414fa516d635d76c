/** Times as people say them. The API's are ISO 8601 in UTC; people read their own zone. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const UTC = "UTC";
const UTC_DATE = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: UTC,
});
const UTC_DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: UTC });
const UTC_MONTH = new Intl.DateTimeFormat("en-GB", {
  month: "long",
  year: "numeric",
  timeZone: UTC,
});
const DATE_TIME = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** `22 Nov 2026`. */
export function formatDate(iso: string): string {
  return DATE.format(new Date(iso));
}

/** `1 Dec 2026`, wherever one is: months are charged by UTC, and their ends are dates of UTC. */
export function formatUtcDate(iso: string): string {
  return UTC_DATE.format(new Date(iso));
}

/** `23 Nov`, of a date such as `2026-11-23`. */
export function formatDay(date: string): string {
  return UTC_DAY.format(new Date(date));
}

/** `November 2026`, of a month such as `2026-11`. */
export function formatMonth(month: string): string {
  return UTC_MONTH.format(new Date(`${month}-01`));
}

/** Every date of a month such as `2026-11`. */
export function daysOfMonth(month: string): string[] {
  const [year = 0, number = 0] = month.split("-").map(Number);
  const days = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return Array.from({ length: days }, (_, day) => `${month}-${String(day + 1).padStart(2, "0")}`);
}

/** The months from that of `iso` to `last` (`2026-11`), the newest first. */
export function monthsSince(iso: string, last: string): string[] {
  const months = [last];
  const first = iso.slice(0, 7);
  for (let month = last; month > first; months.push(month)) month = monthBefore(month);
  return months;
}

/** `Sun 22 Nov, 22:50:07`, where several things happen within a minute. */
export function formatMoment(iso: string): string {
  return `${formatDateTime(iso)}:${String(new Date(iso).getSeconds()).padStart(2, "0")}`;
}

/** `Sun 22 Nov, 22:50`. */
export function formatDateTime(iso: string): string {
  const part = Object.fromEntries(
    DATE_TIME.formatToParts(new Date(iso)).map(({ type, value }) => [type, value]),
  );
  return `${part.weekday} ${part.day} ${part.month}, ${part.hour}:${part.minute}`;
}

/** `22:50:07`. */
export function formatClock(iso: string): string {
  return CLOCK.format(new Date(iso));
}

/** Whole seconds from `iso` until `nowMs`; never negative, since clocks disagree a little. */
export function secondsSince(iso: string, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - Date.parse(iso)) / 1_000));
}

/** `7 s`, `1 min 05 s`: for something that somebody is watching. */
export function formatElapsed(seconds: number): string {
  if (seconds < MINUTE) return `${seconds} s`;
  if (seconds >= HOUR) return formatDuration(seconds);
  return `${Math.floor(seconds / MINUTE)} min ${String(seconds % MINUTE).padStart(2, "0")} s`;
}

/** `40 s`, `12 min`, `2 h 14 min`, `3 d 2 h`: for something that is over, or far away. */
export function formatDuration(seconds: number): string {
  if (seconds < MINUTE) return `${seconds} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) return twoUnits(seconds, HOUR, "h", MINUTE, "min");
  return twoUnits(seconds, DAY, "d", HOUR, "h");
}

/** `just now`, `20 min ago`, `3 h ago`, `2 d ago`, and after a week the date. */
export function formatAgo(iso: string, nowMs: number): string {
  const seconds = secondsSince(iso, nowMs);
  if (seconds < 45) return "just now";
  if (seconds < HOUR) return `${Math.max(1, Math.round(seconds / MINUTE))} min ago`;
  if (seconds < DAY) return `${Math.round(seconds / HOUR)} h ago`;
  if (seconds < 7 * DAY) return `${Math.round(seconds / DAY)} d ago`;
  return `on ${formatDate(iso)}`;
}

/** `idle_minutes` as a span: `30 min`, `2 h`, `1 h 30 min`. */
export function formatMinutes(minutes: number): string {
  return formatDuration(minutes * MINUTE);
}

function twoUnits(seconds: number, big: number, bigName: string, small: number, name: string) {
  const rest = Math.floor((seconds % big) / small);
  const whole = `${Math.floor(seconds / big)} ${bigName}`;
  return rest === 0 ? whole : `${whole} ${rest} ${name}`;
}

function monthBefore(month: string): string {
  const [year = 0, number = 0] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 2)).toISOString().slice(0, 7);
}
