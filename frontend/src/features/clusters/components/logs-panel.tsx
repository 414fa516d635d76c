import { Button, NativeSelect } from "@mantine/core";
import { RotateCw } from "lucide-react";
import { type Ref, useEffect, useRef } from "react";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { MoreButton } from "@/components/more-button";
import { Panel } from "@/components/panel";
import type { ClusterWorker, LogLine, LogPage } from "@/lib/api-models";
import { formatClock, formatDateTime } from "@/lib/time";
import { useLogs } from "../api/get-logs";
import { workerState } from "./cluster-words";
import classes from "./logs-panel.module.css";

/** The last letters of a worker's id tell the workers of a cluster apart. */
const WORKER_LETTERS = 6;

type Props = {
  clusterId: string;
  workers: ClusterWorker[];
  /** The worker whose logs are shown; null stands for all. */
  worker: string | null;
  onChoose: (worker: string | null) => void;
  /** The field in which a worker is chosen. */
  fieldRef: Ref<HTMLSelectElement>;
};

/** The newest lines that the workers have written. */
export function LogsPanel({ clusterId, workers, worker, onChoose, fieldRef }: Props) {
  const query = useLogs(clusterId, worker);
  const pages = query.data?.pages ?? [];
  // Further pages of one worker are older; those of all are of other workers.
  const inOrder = worker === null ? pages : pages.toReversed();
  const lines = inOrder.flatMap((page) => page.lines);
  return (
    <Panel
      title="Logs"
      actions={
        <div className={classes.actions}>
          <NativeSelect
            ref={fieldRef}
            size="sm"
            aria-label="Worker"
            value={worker ?? ""}
            data={[
              { value: "", label: "All workers" },
              ...workers.map(({ id, state }) => ({
                value: id,
                label: `${id} (${workerState(state).toLowerCase()})`,
              })),
            ]}
            onChange={(event) => onChoose(event.currentTarget.value || null)}
          />
          <Button
            variant="default"
            size="sm"
            loading={query.isRefetching && !query.isFetchingNextPage}
            leftSection={<RotateCw size={14} aria-hidden />}
            onClick={() => query.refetch()}
          >
            Refresh
          </Button>
        </div>
      }
    >
      {query.isPending && <Loading label="Loading the logs" rows={1} />}
      <ErrorNotice error={query.error} onRetry={() => query.refetch()} />
      {query.isSuccess && lines.length === 0 && <p>Nothing has been written yet.</p>}
      {worker !== null && <MoreButton query={query} label="Show older lines" />}
      {lines.length > 0 && (
        <Lines key={worker} lines={lines} newest={pages[0]} showsWorkers={worker === null} />
      )}
      {worker === null && <MoreButton query={query} label="Show more workers" />}
    </Panel>
  );
}

type LinesProps = {
  lines: LogLine[];
  /** The page with the newest lines, which are in view when it arrives. */
  newest: LogPage | undefined;
  showsWorkers: boolean;
};

function Lines({ lines, newest, showsWorkers }: LinesProps) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    if (newest && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [newest]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: or else a keyboard could not scroll it.
    <section ref={box} className={classes.logs} aria-label="Lines of the log" tabIndex={0}>
      <ol className={classes.lines} data-workers={showsWorkers || undefined}>
        {lines.map(({ at, text, worker }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines may be alike, and none moves.
          <li key={index}>
            <time dateTime={at} title={formatDateTime(at)}>
              {formatClock(at)}
            </time>
            {showsWorkers && (
              <span className={classes.worker} title={worker}>
                {worker.slice(-WORKER_LETTERS)}
              </span>
            )}
            <span className={classes.text}>{text}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
