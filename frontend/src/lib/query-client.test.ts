import { expect, test, vi } from "vitest";
import { ApiError } from "./api-error";
import { createQueryClient, pollInterval } from "./query-client";

test("a 401 of any request is told, and tried only once", async () => {
  const signedOut = vi.fn();
  const request = vi.fn().mockRejectedValue(new ApiError(401, "signed_out", "Sign in."));
  const client = createQueryClient(signedOut);
  await client.fetchQuery({ queryKey: ["x"], queryFn: request }).catch(() => undefined);
  expect(signedOut).toHaveBeenCalledOnce();
  expect(request).toHaveBeenCalledOnce();
});

test("after a 429 the next look waits as long as the API asked", () => {
  const slowDown = new ApiError(429, "too_many_requests", "Wait.", { retryAfterSeconds: 20 });
  expect(pollInterval(1_000, slowDown)).toBe(20_000);
  expect(pollInterval(1_000, null)).toBe(1_000);
});
