import { lazy } from "react";
import { Figure } from "@/components/figure";
import type { Usage } from "@/lib/api-models";
import { formatFixed, formatUsd, parseUsd, type Usd } from "@/lib/money";
import { formatDay } from "@/lib/time";
import { daysToCome, type Sum, sums } from "./usage-series";

const SumChart = lazy(() => import("./sum-chart"));

type Props = {
  usage: Usage;
  /** The limit, as far as it holds for this month. */
  limit: string | null;
};

/** How a month's cost has grown, against the limit. */
export function SumFigure({ usage, limit }: Props) {
  const all = sums(usage);
  const summary = summaryOf(all.at(-1)?.total ?? 0n, limit);
  return (
    <Figure title="Up to each day" summary={summary} table={<SumTable sums={all} />}>
      <SumChart
        sums={all}
        toCome={daysToCome(usage)}
        limit={limit}
        label={`Up to each day. ${summary}`}
      />
    </Figure>
  );
}

function SumTable({ sums: all }: { sums: Sum[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Day</th>
          <th scope="col" data-align="end">
            Up to its end
          </th>
        </tr>
      </thead>
      <tbody>
        {all.map(({ date, total }) => (
          <tr key={date}>
            <th scope="row">{formatDay(date)}</th>
            <td data-align="end">{formatFixed(total, 4)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function summaryOf(total: Usd, limit: string | null): string {
  const spent = `${formatFixed(total)} in all`;
  if (limit === null) return `${spent}.`;
  return `${spent}, of a limit of ${formatUsd(parseUsd(limit), 2)}, the dashed line.`;
}
