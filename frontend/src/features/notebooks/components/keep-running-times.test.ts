import { describe, expect, test } from "vitest";
import { endOf, endProblem, priceOfKeeping, toFieldValue } from "./keep-running-times";

const NOW = new Date(2026, 10, 22, 22, 50, 30);

describe("keeping a notebook running", () => {
  test("until the morning means the next nine o'clock", () => {
    expect(endOf("morning", "", NOW)).toEqual(new Date(2026, 10, 23, 9, 0));
    expect(endOf("morning", "", new Date(2026, 10, 23, 7, 0))).toEqual(
      new Date(2026, 10, 23, 9, 0),
    );
  });

  test("hours end at a full minute", () => {
    expect(endOf("2h", "", NOW)).toEqual(new Date(2026, 10, 23, 0, 51));
  });

  test("a time of one's own is read in one's own time zone", () => {
    const own = toFieldValue(new Date(2026, 10, 24, 6, 15));
    expect(own).toBe("2026-11-24T06:15");
    expect(endOf("own", own, NOW)).toEqual(new Date(2026, 10, 24, 6, 15));
  });

  test("a time that is none or over is refused", () => {
    expect(endProblem(endOf("own", "", NOW), NOW)).toBe("Choose a day and a time.");
    expect(endProblem(new Date(2026, 10, 22, 9, 0), NOW)).toContain("still to come");
  });

  test("the price is the most that it can be", () => {
    const end = new Date(NOW.getTime() + 10 * 3_600_000);
    expect(priceOfKeeping(end, NOW, "0.0987")).toBe("10 h, at most $0.99");
    expect(priceOfKeeping(end, NOW, "0.0000")).toBe("10 h, at no extra cost");
  });
});
