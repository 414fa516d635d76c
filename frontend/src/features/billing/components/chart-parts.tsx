import { PlotTip } from "@/components/plot";
import { formatFixed, type Usd } from "@/lib/money";
import { formatDay } from "@/lib/time";
import classes from "./chart-parts.module.css";
import { Swatch } from "./legend";
import type { Series } from "./usage-series";

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

/** What a day cost. */
export function Tip({ date, lines }: TipProps) {
  return (
    <PlotTip title={formatDay(date)}>
      {lines.map(({ id, name, color, amount }) => (
        <p key={id ?? name} className={classes.line}>
          {color && <Swatch color={color} />}
          <span className={classes.what}>{name}</span>
          <span className="numbers">{formatFixed(amount, 4)}</span>
        </p>
      ))}
    </PlotTip>
  );
}
