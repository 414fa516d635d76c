import { describe, expect, test } from "vitest";
import { aMonth, anUpcoming } from "@/testing/billing-factories";
import { compare } from "./agreement";

describe("the invoice and the usage", () => {
  test("agree when one is the other in whole cents", () => {
    expect(compare(anUpcoming(), aMonth(), "0.0000")).toMatchObject({ agrees: true });
  });

  test("disagree when more is missing than rounding explains", () => {
    const upcoming = anUpcoming({ unsent_usd: "0.00" });
    expect(compare(upcoming, aMonth(), "0.0000").agrees).toBe(false);
  });

  test("may be apart by what runs while the two are looked up", () => {
    const upcoming = anUpcoming({ unsent_usd: "0.00" });
    expect(compare(upcoming, aMonth(), "20.00").agrees).toBe(true);
  });
});
