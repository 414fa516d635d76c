import { SegmentedControl } from "@mantine/core";
import { lazy, useState } from "react";
import { Figure } from "@/components/figure";
import type { Usage } from "@/lib/api-models";
import { formatFixed } from "@/lib/money";
import { formatDay } from "@/lib/time";
import { DayTable } from "./day-table";
import { Legend } from "./legend";
import { byMeter, byResource, daysToCome, dearest, type Stack, totalOf } from "./usage-series";

// The library that draws is larger than all the rest of the page.
const DayChart = lazy(() => import("./day-chart"));

const WAYS = [
  { value: "meter", label: "By meter" },
  { value: "resource", label: "By notebook" },
];

/** What each day of a month cost, by meter or by notebook. */
export function DayFigure({ usage }: { usage: Usage }) {
  const [way, setWay] = useState("meter");
  const stack = way === "meter" ? byMeter(usage) : byResource(usage);
  const summary = summaryOf(stack);
  return (
    <Figure
      title="Each day"
      summary={summary}
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Split the days"
          data={WAYS}
          value={way}
          onChange={setWay}
        />
      }
      legend={<Legend series={stack.series} />}
      table={<DayTable stack={stack} />}
    >
      <DayChart stack={stack} toCome={daysToCome(usage)} label={`Each day. ${summary}`} />
    </Figure>
  );
}

function summaryOf(stack: Stack): string {
  const most = dearest(stack.days);
  const total = `Together ${formatFixed(totalOf(stack))}.`;
  if (most === null) return total;
  return `${total} Most on ${formatDay(most.date)}: ${formatFixed(most.total)}.`;
}
