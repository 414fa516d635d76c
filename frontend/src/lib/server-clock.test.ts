import { afterEach, expect, test, vi } from "vitest";
import { learnServerTime, serverNow } from "./server-clock";

afterEach(() => learnServerTime(new Date().toUTCString()));

test("a laptop whose clock is ten minutes off still knows the server's time", () => {
  vi.setSystemTime("2026-11-22T22:40:00Z");
  learnServerTime("Sun, 22 Nov 2026 22:50:00 GMT");
  expect(new Date(serverNow()).toISOString()).toBe("2026-11-22T22:50:00.000Z");
  vi.useRealTimers();
});

test("a second's difference is the header's coarseness, and ignored", () => {
  vi.setSystemTime("2026-11-22T22:50:00.900Z");
  learnServerTime("Sun, 22 Nov 2026 22:50:00 GMT");
  expect(serverNow()).toBe(Date.now());
  vi.useRealTimers();
});

test("an answer without a date changes nothing", () => {
  learnServerTime(null);
  learnServerTime("yesterday");
  expect(Math.abs(serverNow() - Date.now())).toBeLessThan(5);
});
