import type { Usage } from "@/lib/api-models";
import { parseUsd, type Usd } from "@/lib/money";
import { daysOfMonth } from "@/lib/time";

/** One colour of a stack of bars. */
export type Series = { id: string; name: string; color: string };

/** One day: what each series has cost, and all of them together. */
export type DayOfSeries = { date: string; parts: Record<string, Usd>; total: Usd };

/** What each day of a month has cost, split up. Series without any cost are left out. */
export type Stack = { series: Series[]; days: DayOfSeries[] };

/** What a month has cost up to the end of a day. */
export type Sum = { date: string; total: Usd };

/** Colours that can be told apart; whatever is beyond them is shown as one, "others". */
const COLORS = 6;
const OTHERS = "others";

/** What something has cost on a day, as the API says it. */
type Cost = { date: string; id: string; amountUsd: string };

/** Each day of the month, split by what was counted. */
export function byMeter(usage: Usage): Stack {
  const series = costly(usage.meters).map(({ meter, name }, at) => aSeries(meter, name, at));
  const costs = usage.days.flatMap(({ date, meters }) =>
    Object.entries(meters).map(([id, amountUsd]) => ({ date, id, amountUsd })),
  );
  return stack(usage, series, costs);
}

/** Each day of the month, split by what it was for: the dearest, and all others as one.
 *
 * What another account pays for is not in it. */
export function byResource(usage: Usage): Stack {
  const isCharged = ({ payer_id }: { payer_id: string }) => payer_id === usage.account_id;
  const all = costly(usage.resources.filter(isCharged));
  const crowded = all.length > COLORS;
  const shown = crowded ? all.slice(0, COLORS - 1) : all;
  const series = shown.map(({ resource_id, name }, at) => aSeries(resource_id, name, at));
  if (crowded) series.push(aSeries(OTHERS, "All others", COLORS - 1));
  const own = new Set(series.map(({ id }) => id));
  const costs = usage.cells.filter(isCharged).map(({ date, resource_id, amount_usd }) => ({
    date,
    id: own.has(resource_id) ? resource_id : OTHERS,
    amountUsd: amount_usd,
  }));
  return stack(usage, series, costs);
}

/** What the month has cost up to each day. */
export function sums(usage: Usage): Sum[] {
  let total = 0n;
  return usage.days.map(({ date, amount_usd }) => {
    total += parseUsd(amount_usd);
    return { date, total };
  });
}

/** The days of the month that are still to come, so that a plot has room for them. */
export function daysToCome(usage: Usage): string[] {
  const last = usage.days.at(-1)?.date ?? "";
  return daysOfMonth(usage.month).filter((date) => date > last);
}

/** The day that cost most, or null if none cost anything. */
export function dearest(days: DayOfSeries[]): DayOfSeries | null {
  const [first] = days.toSorted((a, b) => (a.total < b.total ? 1 : -1));
  return first !== undefined && first.total > 0n ? first : null;
}

/** The sum of a stack. */
export function totalOf({ days }: Stack): Usd {
  return days.reduce((sum, { total }) => sum + total, 0n);
}

function stack(usage: Usage, series: Series[], costs: Cost[]): Stack {
  const nothing = Object.fromEntries(series.map(({ id }) => [id, 0n]));
  const days = usage.days.map(({ date }) => ({ date, parts: { ...nothing }, total: 0n }));
  const byDate = new Map(days.map((day) => [day.date, day]));
  for (const { date, id, amountUsd } of costs) {
    const day = byDate.get(date);
    const before = day?.parts[id];
    if (day === undefined || before === undefined) continue;
    day.parts[id] = before + parseUsd(amountUsd);
    day.total += parseUsd(amountUsd);
  }
  return { series, days };
}

function costly<T extends { amount_usd: string }>(all: T[]): T[] {
  return all.filter(({ amount_usd }) => parseUsd(amount_usd) > 0n);
}

function aSeries(id: string, name: string, at: number): Series {
  return { id, name, color: `var(--chart-${at + 1})` };
}
