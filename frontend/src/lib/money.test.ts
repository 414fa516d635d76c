import { describe, expect, test } from "vitest";
import { costOf, formatUsd, parseUsd, perHour, perMonth } from "./money";

describe("money", () => {
  test("is parsed without rounding", () => {
    expect(parseUsd("0.0987")).toBe(98_700n);
    expect(parseUsd("29.00")).toBe(29_000_000n);
    expect(parseUsd("0.000001")).toBe(1n);
  });

  test.each(["", "1,5", "-1", "1.0000001", "1e3", "$1"])("refuses %j as an amount", (text) => {
    expect(() => parseUsd(text)).toThrow("Not an amount");
  });

  test.each([
    [29_000_000n, "$29"],
    [98_700n, "$0.0987"],
    [80_000n, "$0.08"],
    [100_000n, "$0.10"],
    [0n, "$0"],
    [1_999_999n, "$2"],
    [12_345_600_000n, "$12345.60"],
  ])("%d micro-dollars are shown as %s", (micros, shown) => {
    expect(formatUsd(micros)).toBe(shown);
  });

  test("a cost is rounded up to the micro-dollar, so that no sum is promised too low", () => {
    expect(costOf("0.0987", 3_600)).toBe(98_700n);
    expect(costOf("0.10", 1)).toBe(28n);
    expect(costOf("0.10", 0)).toBe(0n);
    expect(costOf("0.10", -5)).toBe(0n);
  });

  test("prices say what they are for", () => {
    expect(perHour("0.0987")).toBe("$0.0987 an hour");
    expect(perMonth("29.00")).toBe("$29 a month");
  });
});
