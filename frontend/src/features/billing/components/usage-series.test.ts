import { describe, expect, test } from "vitest";
import { parseUsd } from "@/lib/money";
import { aMonth } from "@/testing/billing-factories";
import { byMeter, byResource, daysToCome, dearest, sums, totalOf } from "./usage-series";

const usd = (decimal: string) => parseUsd(decimal);

describe("a month's usage as series", () => {
  test("each day is split by meter, with nothing where there was nothing", () => {
    const { series, days } = byMeter(aMonth());
    expect(series.map(({ name }) => name)).toEqual(["Processor", "Memory"]);
    expect(days[1]).toEqual({
      date: "2026-11-02",
      parts: { vcpu_seconds: 0n, memory_gib_seconds: 0n },
      total: 0n,
    });
    expect(days[2]?.parts.memory_gib_seconds).toBe(usd("0.111234"));
  });

  test("both ways of splitting come to the month's amount, exactly", () => {
    expect(totalOf(byMeter(aMonth()))).toBe(usd(aMonth().amount_usd));
    expect(totalOf(byResource(aMonth()))).toBe(usd(aMonth().amount_usd));
  });

  test("what another account pays for has no colour, and is in no sum", () => {
    const month = aMonth();
    const [resource] = month.resources;
    const [cell] = month.cells;
    const others = { resource_id: "nb_03", payer_id: "acc_02" };
    const { series, days } = byResource({
      ...month,
      resources: [...month.resources, { ...resource, ...others }] as typeof month.resources,
      cells: [...month.cells, { ...cell, ...others }] as typeof month.cells,
    });
    expect(series.map(({ id }) => id)).toEqual(["nb_01", "nb_02"]);
    expect(totalOf({ series, days })).toBe(usd(month.amount_usd));
  });

  test("what cost nothing has no colour", () => {
    const [first] = aMonth().resources;
    const idle = { ...first, resource_id: "nb_03", name: "Idle", amount_usd: "0.000000" } as const;
    const month = aMonth();
    const { series } = byResource({
      ...month,
      resources: [...month.resources, idle] as typeof month.resources,
    });
    expect(series.map(({ name }) => name)).toEqual(["Ocean temperatures", "Sea ice"]);
  });

  test("of many notebooks the dearest are shown, and the others as one", () => {
    const many = Array.from({ length: 9 }, (_, at) => `nb_${at}`);
    const { series, days } = byResource(
      aMonth({
        resources: many.map((resource_id, at) => ({
          resource_id,
          account_id: "acc_01",
          payer_id: "acc_01",
          kind: "notebook",
          name: resource_id,
          seconds: 1,
          amount_usd: `${9 - at}.00`,
        })),
        cells: many.map((resource_id, at) => ({
          date: "2026-11-01",
          resource_id,
          payer_id: "acc_01",
          meter: "vcpu_seconds",
          quantity: 1,
          included: 0,
          amount_usd: `${9 - at}.00`,
        })),
      }),
    );
    expect(series.map(({ name }) => name)).toEqual([...many.slice(0, 5), "All others"]);
    expect(days[0]?.parts.others).toBe(usd("10.00"));
    expect(days[0]?.total).toBe(usd("45.00"));
  });

  test("the sums grow from day to day", () => {
    expect(sums(aMonth()).map(({ total }) => total)).toEqual([
      usd("1.5"),
      usd("1.5"),
      usd("1.911234"),
    ]);
  });

  test("a plot has room for the days to come", () => {
    expect(daysToCome(aMonth())).toHaveLength(27);
    expect(daysToCome(aMonth())[0]).toBe("2026-11-04");
  });

  test("the dearest day is known, if any cost something", () => {
    expect(dearest(byMeter(aMonth()).days)?.date).toBe("2026-11-01");
    expect(dearest([])).toBeNull();
  });
});
