import { lazy } from "react";
import { ErrorNotice } from "@/components/error-notice";
import { Figure } from "@/components/figure";
import { Loading } from "@/components/loading";
import { Panel } from "@/components/panel";
import type { Cluster } from "@/lib/api-models";
import { formatClock, formatElapsed, formatMoment } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { isLive } from "../api/cluster-cache";
import { useHistory } from "../api/get-history";
import { plural } from "./cluster-words";
import { type Step, stepsOf, sumOf } from "./history-steps";

// The library that draws is larger than all the rest of the page.
const WorkersChart = lazy(() => import("./workers-chart"));

/** The plot grows to the right this often. */
const RENEW_MS = 5_000;

/** How many workers there were at which time. */
export function HistoryPanel({ cluster }: { cluster: Cluster }) {
  const query = useHistory(cluster);
  const now = useNow(RENEW_MS);
  const end = isLive(cluster) ? now : Date.parse(cluster.stopped_at ?? cluster.state_since);
  const steps = query.data && stepsOf(query.data, end);
  return (
    <Panel title="Workers over time">
      {query.isPending && <Loading label="Loading the history" rows={1} />}
      {!query.data && <ErrorNotice error={query.error} onRetry={() => query.refetch()} />}
      {steps?.length === 0 && (
        <p>{isLive(cluster) ? "No worker has started yet." : "No worker ever started."}</p>
      )}
      {steps && steps.length > 0 && <StepsFigure cluster={cluster} steps={steps} />}
    </Panel>
  );
}

function StepsFigure({ cluster, steps }: { cluster: Cluster; steps: Step[] }) {
  const wanted = cluster.state === "running" ? cluster.workers.wanted : null;
  const summary = summaryOf(steps, wanted);
  return (
    <Figure title="Workers that were charged" summary={summary} table={<StepTable steps={steps} />}>
      <WorkersChart steps={steps} wanted={wanted} label={`Workers over time. ${summary}`} />
    </Figure>
  );
}

function StepTable({ steps }: { steps: Step[] }) {
  const start = steps[0]?.from ?? 0;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col" data-align="end">
            For
          </th>
          <th scope="col" data-align="end">
            Workers
          </th>
        </tr>
      </thead>
      <tbody>
        {steps.map(({ from, to, workers }) => (
          <tr key={from}>
            <th scope="row">{startOf(from, start)}</th>
            <td data-align="end">{formatElapsed(Math.round((to - from) / 1_000))}</td>
            <td data-align="end">{workers}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** With its day where that is another one than the first step's. */
function startOf(from: number, first: number): string {
  const iso = new Date(from).toISOString();
  const sameDay = new Date(from).toDateString() === new Date(first).toDateString();
  return from !== first && sameDay ? formatClock(iso) : formatMoment(iso);
}

function summaryOf(steps: Step[], wanted: number | null): string {
  const { most, hours } = sumOf(steps);
  const words = `At most ${plural(most, "worker")} at once, ${hours.toFixed(2)} worker-hours in all.`;
  return wanted === null ? words : `${words} ${wanted} are wanted, the dashed line.`;
}
