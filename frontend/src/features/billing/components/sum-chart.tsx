import {
  Area,
  AreaChart,
  CartesianGrid,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { parseUsd, toDrawnNumber } from "@/lib/money";
import { AXIS, CHART_HEIGHT, dayTick, dollarTick, Tip } from "./chart-parts";
import classes from "./charts.module.css";
import type { Sum } from "./usage-series";

type Props = {
  sums: Sum[];
  toCome: string[];
  /** The limit that the line is drawn against; null where there is none. */
  limit: string | null;
  label: string;
};

/** What the month has cost up to each day, against the limit. */
export default function SumChart({ sums, toCome, limit, label }: Props) {
  const drawn = [
    ...sums.map(({ date, total }) => ({ date, total: toDrawnNumber(total) })),
    ...toCome.map((date) => ({ date })),
  ];
  const most = limit === null ? null : toDrawnNumber(parseUsd(limit));
  return (
    <ResponsiveContainer
      width="100%"
      height={CHART_HEIGHT}
      initialDimension={{ width: 640, height: CHART_HEIGHT }}
      className={classes.chart ?? ""}
    >
      <AreaChart data={drawn} aria-label={label} margin={{ top: 8, right: 4, bottom: 0, left: 0 }}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis {...AXIS} dataKey="date" tickFormatter={dayTick} minTickGap={12} />
        <YAxis
          {...AXIS}
          axisLine={false}
          tickFormatter={dollarTick}
          width="auto"
          domain={[0, "auto"]}
        />
        <Tooltip
          cursor={{ stroke: "var(--line-strong)" }}
          isAnimationActive={false}
          content={({ label: date }) => <SumTip sum={sums.find((sum) => sum.date === date)} />}
        />
        {most !== null && (
          <ReferenceLine
            y={most}
            ifOverflow="extendDomain"
            stroke="var(--failed)"
            strokeDasharray="6 4"
            strokeWidth={1.5}
          />
        )}
        <Area
          dataKey="total"
          stroke="var(--chart-1)"
          strokeWidth={2}
          fill="var(--chart-1)"
          fillOpacity={0.14}
          isAnimationActive={false}
        />
      </AreaChart>
    </ResponsiveContainer>
  );
}

function SumTip({ sum }: { sum: Sum | undefined }) {
  if (sum === undefined) return null;
  return <Tip date={sum.date} lines={[{ name: "Up to this day", amount: sum.total }]} />;
}
