import { Link } from "react-router";
import { Panel } from "@/components/panel";
import { TableScroll } from "@/components/table-scroll";
import { paths } from "@/config/paths";
import { formatFixed, formatUsd, parseUsd, spentAfter, type Usd } from "@/lib/money";
import { formatDuration, secondsSince } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import type { TimedBilling } from "../api/billing-cache";
import classes from "./running-panel.module.css";
import { type RunningRow, rowsOf } from "./running-rows";

const TICK_MS = 1_000;

/** What runs now, what each costs an hour, and what it has cost so far. */
export function RunningPanel({ billing }: { billing: TimedBilling }) {
  const { running } = billing;
  return (
    <Panel title="Running now">
      {running.length === 0 ? (
        <p>
          Nothing runs, so nothing is being spent. <Link to={paths.notebooks}>Your notebooks</Link>
        </p>
      ) : (
        <RunningTable billing={billing} />
      )}
    </Panel>
  );
}

function RunningTable({ billing }: { billing: TimedBilling }) {
  const now = useNow(TICK_MS);
  const { running, rate_usd_hour, receivedMs } = billing;
  const elapsed = now - receivedMs;
  return (
    <TableScroll label="What runs now">
      <table>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col" data-align="end" data-wide>
              Running for
            </th>
            <th scope="col" data-align="end">
              An hour
            </th>
            <th scope="col" data-align="end">
              So far
            </th>
          </tr>
        </thead>
        <tbody>
          {rowsOf(running).map((row) => (
            <tr key={row.id}>
              <th scope="row">
                <Name row={row} />
              </th>
              <td data-align="end" data-wide>
                {formatDuration(secondsSince(row.since, now))}
              </td>
              <td data-align="end">
                {row.included ? (
                  <span className={classes.included}>included</span>
                ) : (
                  formatUsd(row.ratePerHour)
                )}
              </td>
              <td data-align="end">{formatFixed(spentOf(row.of, elapsed), 4)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Together</th>
            <td data-wide />
            <td data-align="end">{formatUsd(parseUsd(rate_usd_hour))}</td>
            <td data-align="end">{formatFixed(spentOf(running, elapsed), 4)}</td>
          </tr>
        </tfoot>
      </table>
    </TableScroll>
  );
}

function spentOf(runs: RunningRow["of"], elapsedMs: number): Usd {
  return runs.reduce(
    (sum, { spent_usd, rate_usd_hour }) => sum + spentAfter(spent_usd, rate_usd_hour, elapsedMs),
    0n,
  );
}

function Name({ row: { id, kind, name, workers } }: { row: RunningRow }) {
  if (kind !== "cluster") return <Link to={paths.notebook(id)}>{name}</Link>;
  return (
    <>
      <Link to={paths.cluster(id)}>{name}</Link> (cluster, {workers}{" "}
      {workers === 1 ? "worker" : "workers"})
    </>
  );
}
