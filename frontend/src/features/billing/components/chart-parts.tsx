import { formatFixed, type Usd } from "@/lib/money";
import { formatDay } from "@/lib/time";
import classes from "./charts.module.css";
import { Swatch } from "./legend";
import type { Series } from "./usage-series";

/** Pixels that every plot is high. */
export const CHART_HEIGHT = 220;

/** What axes of all plots have in common. */
export const AXIS = { stroke: "var(--line-strong)", tickLine: false, fontSize: 12 } as const;

const USD = { style: "currency", currency: "USD" } as const;
const DOLLARS = new Intl.NumberFormat("en-US", { ...USD, maximumFractionDigits: 0 });
const CENTS = new Intl.NumberFormat("en-US", { ...USD, maximumFractionDigits: 4 });

/** A tick of the axis of money. */
export function dollarTick(value: number): string {
  return (Number.isInteger(value) ? DOLLARS : CENTS).format(value);
}

/** A tick of the axis of days: `23`. */
export function dayTick(date: string): string {
  return String(Number(date.slice(-2)));
}

type TipProps = { date: string; lines: Array<Partial<Series> & { amount: Usd }> };

/** What a day cost, beside the pointer; read out when the arrow keys get to another day. */
export function Tip({ date, lines }: TipProps) {
  return (
    <div className={classes.tip} role="status">
      <p className={classes.day}>{formatDay(date)}</p>
      {lines.map(({ id, name, color, amount }) => (
        <p key={id ?? name} className={classes.line}>
          {color && <Swatch color={color} />}
          <span className={classes.what}>{name}</span>
          <span className="numbers">{formatFixed(amount, 4)}</span>
        </p>
      ))}
    </div>
  );
}
