import { describe, expect, test } from "vitest";
import { cornersOf, stepsOf, sumOf, ticksOf } from "./history-steps";

const HOUR = 3_600_000;
const START = Date.parse("2026-11-22T20:00:00Z");
const POINTS = {
  points: [
    { at: "2026-11-22T20:00:00Z", workers: 2 },
    { at: "2026-11-22T21:00:00Z", workers: 8 },
    { at: "2026-11-22T21:30:00Z", workers: 0 },
  ],
};

describe("a history of workers", () => {
  test("is steps, the last of which goes on until the end", () => {
    expect(stepsOf(POINTS, START + 2 * HOUR)).toEqual([
      { from: START, to: START + HOUR, workers: 2 },
      { from: START + HOUR, to: START + 1.5 * HOUR, workers: 8 },
      { from: START + 1.5 * HOUR, to: START + 2 * HOUR, workers: 0 },
    ]);
  });

  test("has no step without a length, whichever clock was ahead", () => {
    expect(stepsOf(POINTS, START + 1.4 * HOUR)).toHaveLength(2);
    expect(stepsOf({ points: [] }, START)).toEqual([]);
  });

  test("sums up to the most at once, and to hours of workers", () => {
    expect(sumOf(stepsOf(POINTS, START + 2 * HOUR))).toEqual({ most: 8, hours: 6 });
    expect(sumOf([])).toEqual({ most: 0, hours: 0 });
  });

  test("has its ticks at round times, however long it is", () => {
    const clock = (at: number) => new Date(at).toISOString().slice(11, 19);
    const from = START + 7_000;
    expect(ticksOf(from, from + HOUR / 60).map(clock)).toEqual([
      "20:00:15",
      "20:00:30",
      "20:00:45",
      "20:01:00",
    ]);
    expect(ticksOf(from, from + 3 * HOUR).map(clock)).toEqual([
      "20:30:00",
      "21:00:00",
      "21:30:00",
      "22:00:00",
      "22:30:00",
      "23:00:00",
    ]);
    for (const days of [1, 9, 40, 400]) {
      const ticks = ticksOf(from, from + days * 24 * HOUR);
      expect(ticks.length).toBeGreaterThan(0);
      expect(ticks.length).toBeLessThanOrEqual(7);
    }
  });

  test("is drawn up to its end", () => {
    const corners = cornersOf(stepsOf(POINTS, START + 2 * HOUR));
    expect(corners.at(-1)).toEqual({ at: START + 2 * HOUR, workers: 0 });
    expect(cornersOf([])).toEqual([]);
  });
});
