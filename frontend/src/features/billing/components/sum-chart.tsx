import { Area, AreaChart, CartesianGrid, ReferenceLine, Tooltip, XAxis, YAxis } from "recharts";
import { AXIS, Plot } from "@/components/plot";
import { parseUsd, toDrawnNumber } from "@/lib/money";
import { dayTick, dollarTick, Tip } from "./chart-parts";
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
    <Plot>
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
    </Plot>
  );
}

function SumTip({ sum }: { sum: Sum | undefined }) {
  if (sum === undefined) return null;
  return <Tip date={sum.date} lines={[{ name: "Up to this day", amount: sum.total }]} />;
}
