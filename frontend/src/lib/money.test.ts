import { describe, expect, test } from "vitest";
import {
  costOf,
  exactPrice,
  formatFixed,
  formatSpent,
  formatUsd,
  parseUsd,
  perHour,
  perMonth,
  spentAfter,
  sumUsd,
  toDrawnNumber,
} from "./money";

describe("money", () => {
  test("is parsed without rounding", () => {
    expect(parseUsd("0.0987")).toBe(98_700_000_000n);
    expect(parseUsd("29.00")).toBe(29_000_000_000_000n);
    expect(parseUsd("0.00000015")).toBe(150_000n);
    expect(parseUsd("-3.20")).toBe(-3_200_000_000_000n);
  });

  test.each(["", "1,5", "--1", "+1", "1.0000000000001", "1e3", "$1", "1."])(
    "refuses %j as an amount",
    (text) => {
      expect(() => parseUsd(text)).toThrow("Not an amount");
    },
  );

  test("sums are exact where floats are not", () => {
    expect(sumUsd(["0.1", "0.2", "-0.3"])).toBe(0n);
    expect(sumUsd([])).toBe(0n);
  });

  test.each([
    ["29.00", "$29"],
    ["0.0987", "$0.0987"],
    ["0.08", "$0.08"],
    ["0.1", "$0.10"],
    ["0", "$0"],
    ["1.999999", "$2"],
    ["12345.6", "$12,345.60"],
    ["-3.2", "−$3.20"],
    ["-0.00001", "$0"],
  ])("%s is shown as %s", (decimal, shown) => {
    expect(formatUsd(parseUsd(decimal))).toBe(shown);
  });

  test("in a column every amount has as many digits", () => {
    expect(formatFixed(parseUsd("29"))).toBe("$29.00");
    expect(formatFixed(parseUsd("-1234567.891"))).toBe("−$1,234,567.89");
    expect(formatFixed(parseUsd("0.31271"), 4)).toBe("$0.3127");
  });

  test("less than a cent is not shown as nothing, and nothing as nothing", () => {
    expect(formatSpent(parseUsd("0.000001"))).toBe("<$0.01");
    expect(formatSpent(parseUsd("0.01"))).toBe("$0.01");
    expect(formatSpent(0n)).toBe("$0.00");
  });

  test("a price of a unit keeps all of its decimals", () => {
    expect(exactPrice("0.00000015")).toBe("$0.00000015");
    expect(exactPrice("0.0000140")).toBe("$0.000014");
    expect(exactPrice("29.00")).toBe("$29");
  });

  test("a cost is rounded up to the micro-dollar, so that no sum is promised too low", () => {
    expect(costOf("0.0987", 3_600)).toBe(parseUsd("0.0987"));
    expect(costOf("0.10", 1)).toBe(parseUsd("0.000028"));
    expect(costOf("0.10", 0)).toBe(0n);
    expect(costOf("0.10", -5)).toBe(0n);
  });

  test("what runs costs more with every moment, and never less than was said", () => {
    expect(spentAfter("1.50", "0.36", 10_000)).toBe(parseUsd("1.501"));
    expect(spentAfter("1.50", "0.36", -10_000)).toBe(parseUsd("1.50"));
  });

  test("a bar's height is in dollars", () => {
    expect(toDrawnNumber(parseUsd("1.25"))).toBe(1.25);
  });

  test("prices say what they are for", () => {
    expect(perHour("0.0987")).toBe("$0.0987 an hour");
    expect(perMonth("29.00")).toBe("$29 a month");
  });
});
