import { describe, expect, test } from "vitest";
import { limitProblem, toLimit, toTyped } from "./limit-value";

describe("a monthly limit", () => {
  test.each(["0", "25", " $12.5 ", "100000", "100000.00", "007"])("may be %j", (typed) => {
    expect(limitProblem(typed)).toBeNull();
  });

  test.each(["", "abc", "-1", "1.234", "1,50", "100000.01", "1e3", "."])(
    "may not be %j",
    (typed) => {
      expect(limitProblem(typed)).not.toBeNull();
    },
  );

  test("is sent with two decimals, and shown without needless ones", () => {
    expect(toLimit(" $12.5 ")).toBe("12.50");
    expect(toLimit("007")).toBe("7.00");
    expect(toTyped("25.00")).toBe("25");
    expect(toTyped("12.50")).toBe("12.50");
    expect(toTyped(null)).toBe("");
  });
});
