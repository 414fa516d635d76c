import { Button, NativeSelect } from "@mantine/core";
import { RotateCw } from "lucide-react";
import type { Ref } from "react";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { MoreButton } from "@/components/more-button";
import { Panel } from "@/components/panel";
import type { ClusterWorker, LogLine } from "@/lib/api-models";
import { formatClock, formatDateTime } from "@/lib/time";
import { useLogs } from "../api/get-logs";
import { workerState } from "./cluster-words";
import classes from "./logs-panel.module.css";

type Props = {
  clusterId: string;
  workers: ClusterWorker[];
  /** The worker whose logs are shown; null stands for the newest that wrote anything. */
  worker: string | null;
  onChoose: (worker: string | null) => void;
  /** The field in which a worker is chosen. */
  fieldRef: Ref<HTMLSelectElement>;
};

/** What a worker has written. */
export function LogsPanel({ clusterId, workers, worker, onChoose, fieldRef }: Props) {
  const query = useLogs(clusterId, worker);
  const lines = query.data?.pages.flatMap((page) => page.lines);
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
              { value: "", label: "The newest that wrote anything" },
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
      {lines?.length === 0 && <p>Nothing has been written yet.</p>}
      {lines && lines.length > 0 && <Lines lines={lines} />}
      <MoreButton query={query} />
    </Panel>
  );
}

function Lines({ lines }: { lines: LogLine[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: or else a keyboard could not scroll it.
    <section className={classes.logs} aria-label="Lines of the log" tabIndex={0}>
      <ol className={classes.lines}>
        {lines.map(({ at, text }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines may be alike, and none moves.
          <li key={index}>
            <time dateTime={at} title={formatDateTime(at)}>
              {formatClock(at)}
            </time>
            <span className={classes.text}>{text}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
