import type { Running } from "@/lib/api-models";
import { parseUsd, type Usd } from "@/lib/money";

/** A notebook, or a cluster with all its workers, that runs. */
export type RunningRow = {
  id: string;
  kind: Running["kind"];
  name: string;
  /** How many workers of a cluster are charged. */
  workers: number;
  /** Since when the first of them runs, ISO 8601. */
  since: string;
  ratePerHour: Usd;
  included: boolean;
  of: Running[];
};

/** What runs, one row each. */
export function rowsOf(running: Running[]): RunningRow[] {
  const rows = new Map<string, RunningRow>();
  for (const run of running) {
    const row = rows.get(run.resource_id) ?? emptyRow(run);
    row.of.push(run);
    row.workers += run.workers;
    row.ratePerHour += parseUsd(run.rate_usd_hour);
    row.included &&= run.included;
    if (run.started_at < row.since) row.since = run.started_at;
    rows.set(run.resource_id, row);
  }
  return [...rows.values()];
}

function emptyRow({ resource_id, kind, name, started_at }: Running): RunningRow {
  return {
    id: resource_id,
    kind,
    name,
    workers: 0,
    since: started_at,
    ratePerHour: 0n,
    included: true,
    of: [],
  };
}
