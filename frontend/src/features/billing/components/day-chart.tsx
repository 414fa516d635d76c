import { Bar, BarChart, CartesianGrid, Tooltip, XAxis, YAxis } from "recharts";
import { AXIS, Plot } from "@/components/plot";
import { toDrawnNumber } from "@/lib/money";
import { dayTick, dollarTick, Tip } from "./chart-parts";
import type { DayOfSeries, Series, Stack } from "./usage-series";

type Props = { stack: Stack; toCome: string[]; label: string };

/** What each day cost, as stacked bars. The arrow keys walk through the days. */
export default function DayChart({ stack, toCome, label }: Props) {
  const { series, days } = stack;
  const drawn = [...days.map(drawnDay), ...toCome.map((date) => ({ date }))];
  return (
    <Plot>
      <BarChart data={drawn} aria-label={label} margin={{ top: 8, right: 4, bottom: 0, left: 0 }}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis {...AXIS} dataKey="date" tickFormatter={dayTick} minTickGap={12} />
        <YAxis {...AXIS} axisLine={false} tickFormatter={dollarTick} width="auto" />
        <Tooltip
          cursor={{ fill: "var(--surface-sunken)" }}
          isAnimationActive={false}
          content={({ label: date }) => (
            <DayTip day={days.find((day) => day.date === date)} series={series} />
          )}
        />
        {series.map(({ id, name, color }) => (
          <Bar
            key={id}
            dataKey={id}
            name={name}
            fill={color}
            stackId="day"
            isAnimationActive={false}
            maxBarSize={32}
          />
        ))}
      </BarChart>
    </Plot>
  );
}

function DayTip({ day, series }: { day: DayOfSeries | undefined; series: Series[] }) {
  if (day === undefined) return null;
  const lines = series.map((one) => ({ ...one, amount: day.parts[one.id] ?? 0n }));
  return (
    <Tip
      date={day.date}
      lines={[
        ...lines.filter(({ amount }) => amount > 0n),
        { name: "Together", amount: day.total },
      ]}
    />
  );
}

function drawnDay({ date, parts }: DayOfSeries): Record<string, string | number> {
  const heights = Object.entries(parts).map(([id, amount]) => [id, toDrawnNumber(amount)]);
  return { date, ...Object.fromEntries(heights) };
}
