import { expect, test } from "vitest";
import { parseUsd } from "@/lib/money";
import { aRun } from "@/testing/billing-factories";
import { rowsOf } from "./running-rows";

test("workers of a cluster, which are charged each, are one row", () => {
  const worker = { kind: "cluster", resource_id: "cl_01", name: "sweep", rate_usd_hour: "0.1" };
  const rows = rowsOf([
    aRun({ ...worker, run_id: "wk_01.1", started_at: "2026-11-23T08:01:00Z" }),
    aRun(),
    aRun({ ...worker, run_id: "wk_02.1", started_at: "2026-11-23T08:00:00Z" }),
  ]);
  expect(rows.map(({ id, runs, since }) => [id, runs, since])).toEqual([
    ["cl_01", 2, "2026-11-23T08:00:00Z"],
    ["nb_01", 1, "2026-11-23T08:00:00Z"],
  ]);
  expect(rows[0]?.ratePerHour).toBe(parseUsd("0.2"));
});
