import { Area, AreaChart, CartesianGrid, ReferenceLine, Tooltip, XAxis, YAxis } from "recharts";
import { AXIS, Plot, PlotTip } from "@/components/plot";
import { plural } from "./cluster-words";
import { cornersOf, type Step, ticksOf, timeTick } from "./history-steps";

type Props = {
  steps: Step[];
  /** How many there shall be; null when there shall be none any more. */
  wanted: number | null;
  label: string;
};

/** How many workers there were over time, in steps. The arrow keys walk through them. */
export default function WorkersChart({ steps, wanted, label }: Props) {
  const corners = cornersOf(steps);
  const [from, to] = [corners[0]?.at ?? 0, corners.at(-1)?.at ?? 0];
  const span = to - from;
  return (
    <Plot>
      <AreaChart
        data={corners}
        aria-label={label}
        margin={{ top: 8, right: 4, bottom: 0, left: 0 }}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          {...AXIS}
          dataKey="at"
          type="number"
          domain={[from, to]}
          ticks={ticksOf(from, to)}
          tickFormatter={(at: number) => timeTick(at, span)}
          minTickGap={16}
        />
        <YAxis {...AXIS} axisLine={false} allowDecimals={false} domain={[0, "auto"]} width="auto" />
        <Tooltip
          cursor={{ stroke: "var(--line-strong)" }}
          isAnimationActive={false}
          content={({ payload }) => <StepTip corner={payload?.[0]?.payload} span={span} />}
        />
        {wanted !== null && (
          <ReferenceLine
            y={wanted}
            ifOverflow="extendDomain"
            stroke="var(--chart-2)"
            strokeDasharray="6 4"
            strokeWidth={1.5}
          />
        )}
        <Area
          dataKey="workers"
          type="stepAfter"
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

type TipProps = { corner: { at: number; workers: number } | undefined; span: number };

function StepTip({ corner, span }: TipProps) {
  if (corner === undefined) return null;
  return <PlotTip title={timeTick(corner.at, span)}>{plural(corner.workers, "worker")}</PlotTip>;
}
