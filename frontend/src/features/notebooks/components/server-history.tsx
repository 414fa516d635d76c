import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { MoreButton } from "@/components/more-button";
import { Panel } from "@/components/panel";
import { RunningFor } from "@/components/running-for";
import type { Notebook, Server, SizeOffer } from "@/lib/api-models";
import { formatSpent, parseUsd } from "@/lib/money";
import { formatDateTime, formatDuration, secondsSince } from "@/lib/time";
import { useServers } from "../api/get-servers";
import { findSize, stopDetail, stopWords } from "./notebook-words";
import classes from "./server-history.module.css";

type Props = { notebook: Notebook; sizes: SizeOffer[] };

/** Each time that the notebook ran: when, how long, what it cost, and why it stopped. */
export function ServerHistory({ notebook, sizes }: Props) {
  const query = useServers(notebook.id, notebook.state);
  const servers = query.data?.pages.flatMap((page) => page.items);
  return (
    <Panel title="History">
      {query.isPending && <Loading label="Loading the history" rows={1} />}
      {!query.data && <ErrorNotice error={query.error} onRetry={() => query.refetch()} />}
      {servers?.length === 0 && (
        <p>Each start will be listed here: when, how long, what it cost, and why it stopped.</p>
      )}
      {servers && servers.length > 0 && (
        <ol className={classes.list}>
          {servers.map((server) => (
            <ServerRow
              key={server.id}
              server={server}
              sizeName={findSize(sizes, server.size)?.name ?? server.size}
            />
          ))}
        </ol>
      )}
      <MoreButton query={query} />
    </Panel>
  );
}

function ServerRow({ server, sizeName }: { server: Server; sizeName: string }) {
  const { requested_at, ready_at } = server;
  return (
    <li className={classes.server}>
      <div className={classes.head}>
        <time dateTime={requested_at}>{formatDateTime(requested_at)}</time>
        <span className={classes.length}>
          <RunLength server={server} />
          <RunCost cost={server.cost_usd} />
        </span>
      </div>
      <p className={classes.what}>
        {sizeName}
        {ready_at && `, ready after ${readyAfter(requested_at, ready_at)}`}. {endOf(server)}
      </p>
    </li>
  );
}

function RunLength({ server }: { server: Server }) {
  const { ready_at, stopped_at } = server;
  if (ready_at === null) return stopped_at === null ? "starting" : "never ran";
  if (stopped_at === null) return <RunningFor since={ready_at} />;
  return formatDuration(secondsSince(ready_at, Date.parse(stopped_at)));
}

/** What a run cost beyond the plan; nothing where it cost nothing. */
function RunCost({ cost }: { cost: string | null }) {
  if (cost === null || parseUsd(cost) === 0n) return null;
  return <>, {formatSpent(parseUsd(cost))}</>;
}

function endOf({ stopped_at, stop_reason, stop_message }: Server): string {
  if (stopped_at === null) return "It has not stopped yet.";
  const reason = stop_reason ?? "unknown";
  return `${stopWords(reason)}. ${stopDetail(reason, stop_message)}`;
}

function readyAfter(requested: string, ready: string): string {
  return formatDuration(secondsSince(requested, Date.parse(ready)));
}
