import { Link } from "react-router";
import { Panel } from "@/components/panel";
import { TableScroll } from "@/components/table-scroll";
import { paths } from "@/config/paths";
import type { Running } from "@/lib/api-models";
import { formatFixed, formatUsd, parseUsd, spentAfter } from "@/lib/money";
import { formatDuration, secondsSince } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import type { TimedBilling } from "../api/billing-cache";
import classes from "./running-panel.module.css";

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
  const spentOf = (run: Running) => spentAfter(run.spent_usd, run.rate_usd_hour, now - receivedMs);
  const together = running.reduce((sum, run) => sum + spentOf(run), 0n);
  return (
    <TableScroll label="What runs now">
      <table>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col" data-align="end" data-wide>
              For
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
          {running.map((run) => (
            <tr key={run.run_id}>
              <th scope="row">
                <Name run={run} />
              </th>
              <td data-align="end" data-wide>
                {formatDuration(secondsSince(run.started_at, now))}
              </td>
              <td data-align="end">
                {run.included ? (
                  <span className={classes.included}>included</span>
                ) : (
                  formatUsd(parseUsd(run.rate_usd_hour))
                )}
              </td>
              <td data-align="end">{formatFixed(spentOf(run), 4)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Together</th>
            <td data-wide />
            <td data-align="end">{formatUsd(parseUsd(rate_usd_hour))}</td>
            <td data-align="end">{formatFixed(together, 4)}</td>
          </tr>
        </tfoot>
      </table>
    </TableScroll>
  );
}

function Name({ run }: { run: Running }) {
  if (run.kind === "cluster") return <>{run.name} (cluster)</>;
  return <Link to={paths.notebook(run.resource_id)}>{run.name}</Link>;
}
