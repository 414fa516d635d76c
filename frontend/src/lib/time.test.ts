import { describe, expect, test } from "vitest";
import {
  daysOfMonth,
  formatAgo,
  formatDay,
  formatDuration,
  formatElapsed,
  formatMinutes,
  formatMoment,
  formatMonth,
  formatUtcDate,
  monthsSince,
  secondsSince,
} from "./time";

const NOW = Date.parse("2026-11-22T22:50:00Z");
const ago = (seconds: number) => new Date(NOW - seconds * 1_000).toISOString();

describe("times", () => {
  test("a moment is told to the second", () => {
    expect(formatMoment("2026-11-22T22:50:07Z")).toMatch(/^\w{3} \d+ Nov, \d\d:\d\d:07$/);
  });

  test.each([
    [0, "0 s"],
    [59, "59 s"],
    [65, "1 min 05 s"],
    [3_600, "1 h"],
  ])("%d s are watched as %s", (seconds, shown) => {
    expect(formatElapsed(seconds)).toBe(shown);
  });

  test.each([
    [40, "40 s"],
    [720, "12 min"],
    [7_200, "2 h"],
    [8_040, "2 h 14 min"],
    [180_000, "2 d 2 h"],
  ])("%d s are told as %s", (seconds, shown) => {
    expect(formatDuration(seconds)).toBe(shown);
  });

  test.each([
    [10, "just now"],
    [50, "1 min ago"],
    [1_200, "20 min ago"],
    [7_200, "2 h ago"],
    [200_000, "2 d ago"],
    [900_000, "on 12 Nov 2026"],
  ])("what was %d s before is %s", (seconds, shown) => {
    expect(formatAgo(ago(seconds), NOW)).toBe(shown);
  });

  test("nothing was ever in the future, however the clocks differ", () => {
    expect(secondsSince(ago(-30), NOW)).toBe(0);
    expect(formatAgo(ago(-30), NOW)).toBe("just now");
  });

  test("minutes are told as spans", () => {
    expect(formatMinutes(90)).toBe("1 h 30 min");
  });

  test("a month has the days of the calendar", () => {
    expect(daysOfMonth("2028-02")).toHaveLength(29);
    expect(daysOfMonth("2026-11").at(-1)).toBe("2026-11-30");
  });

  test("months go back to the first, over the turn of a year", () => {
    expect(monthsSince("2025-11-22T20:00:00Z", "2026-02")).toEqual([
      "2026-02",
      "2026-01",
      "2025-12",
      "2025-11",
    ]);
    expect(monthsSince("2026-11-22T20:00:00Z", "2026-11")).toEqual(["2026-11"]);
  });

  test("what is charged by UTC is told by UTC", () => {
    expect(formatUtcDate("2026-12-01T00:00:00Z")).toBe("1 Dec 2026");
    expect(formatDay("2026-11-23")).toBe("23 Nov");
    expect(formatMonth("2026-11")).toBe("November 2026");
  });
});
