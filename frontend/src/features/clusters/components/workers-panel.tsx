import { Button } from "@mantine/core";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { MoreButton } from "@/components/more-button";
import { Panel } from "@/components/panel";
import { TableScroll } from "@/components/table-scroll";
import type { ClusterWorker } from "@/lib/api-models";
import { formatFixed, parseUsd } from "@/lib/money";
import { formatDateTime, formatElapsed } from "@/lib/time";
import type { useWorkers } from "../api/get-workers";
import { workerState } from "./cluster-words";
import classes from "./workers-panel.module.css";

type Props = {
  query: ReturnType<typeof useWorkers>;
  /** Shows what a worker wrote. */
  onReadLogs: (worker: string) => void;
};

/** A cluster's workers: what became of each, how long it worked, and what it cost. */
export function WorkersPanel({ query, onReadLogs }: Props) {
  const workers = query.data?.pages.flatMap((page) => page.items);
  return (
    <Panel title="Workers">
      {query.isPending && <Loading label="Loading the workers" rows={1} />}
      {!query.data && <ErrorNotice error={query.error} onRetry={() => query.refetch()} />}
      {workers?.length === 0 && <p>None has been asked for yet.</p>}
      {workers && workers.length > 0 && (
        <TableScroll label="Each worker">
          <table>
            <thead>
              <tr>
                <th scope="col">Worker</th>
                <th scope="col">State</th>
                <th scope="col" data-wide>
                  Started
                </th>
                <th scope="col" data-align="end" data-wide>
                  Charged
                </th>
                <th scope="col" data-align="end">
                  Spent
                </th>
                <th scope="col">Logs</th>
              </tr>
            </thead>
            <tbody>
              {workers.map((worker) => (
                <WorkerRow key={worker.id} worker={worker} onReadLogs={onReadLogs} />
              ))}
            </tbody>
          </table>
        </TableScroll>
      )}
      <MoreButton query={query} />
    </Panel>
  );
}

type RowProps = { worker: ClusterWorker; onReadLogs: (worker: string) => void };

function WorkerRow({ worker, onReadLogs }: RowProps) {
  const { id, state, attempt, started_at, end, spent_usd, seconds } = worker;
  return (
    <tr>
      <th scope="row" className={classes.id}>
        <code>{id}</code>
      </th>
      <td>
        {workerState(state)}
        {attempt > 1 && `, computer ${attempt}`}
        {end && <div className={classes.why}>{end.message}</div>}
      </td>
      <td data-wide className={classes.when}>
        {started_at === null ? "–" : formatDateTime(started_at)}
      </td>
      <td data-align="end" data-wide>
        {formatElapsed(seconds)}
      </td>
      <td data-align="end">{formatFixed(parseUsd(spent_usd), 4)}</td>
      <td>
        <Button
          size="compact-sm"
          variant="subtle"
          aria-label={`Logs of ${id}`}
          onClick={() => onReadLogs(id)}
        >
          Logs
        </Button>
      </td>
    </tr>
  );
}
