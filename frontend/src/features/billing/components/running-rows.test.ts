import { expect, test } from "vitest";
import type { Running } from "@/lib/api-models";
import { parseUsd } from "@/lib/money";
import { aRun } from "@/testing/billing-factories";
import { rowsOf } from "./running-rows";

test("a cluster is one row, with as many workers as the API says", () => {
  const cluster: Partial<Running> = {
    kind: "cluster",
    resource_id: "cl_01",
    use_id: "cl_01",
    name: "sweep",
  };
  const rows = rowsOf([aRun({ ...cluster, workers: 2, rate_usd_hour: "0.2" }), aRun()]);
  expect(rows.map(({ id, workers }) => [id, workers])).toEqual([
    ["cl_01", 2],
    ["nb_01", 0],
  ]);
  expect(rows[0]?.ratePerHour).toBe(parseUsd("0.2"));
});
