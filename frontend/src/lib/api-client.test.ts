import { describe, expect, test, vi } from "vitest";
import { fakeApi, refusal } from "@/testing/fake-api";
import { api } from "./api-client";
import { ApiError } from "./api-error";

describe("the API client", () => {
  test("unsafe requests carry the header that other sites can't send, and safe ones don't", async () => {
    const { seen } = fakeApi({ "POST /x": { body: {} }, "GET /x": { body: {} } });
    await api.post("/x");
    await api.get("/x");
    expect(seen.map(({ headers }) => headers.get("X-Ramon-Request"))).toEqual(["1", null]);
  });

  test("an update says which version it is based on", async () => {
    const { seen } = fakeApi({ "PATCH /x": { body: {} } });
    await api.patch("/x", { body: { name: "a" }, ifMatch: 3 });
    expect(seen[0]?.headers.get("If-Match")).toBe('"3"');
    expect(seen[0]?.body).toEqual({ name: "a" });
  });

  test("an empty answer is undefined", async () => {
    fakeApi({ "DELETE /x": {} });
    await expect(api.delete("/x")).resolves.toBeUndefined();
  });

  test("an error has the API's own words", async () => {
    fakeApi({ "GET /x": refusal(409, "plan_limit", "Stop one first.", { running: 3 }) });
    await expect(api.get("/x")).rejects.toMatchObject({
      status: 409,
      code: "plan_limit",
      message: "Stop one first.",
      details: { running: 3 },
    });
  });

  test("a 429 says how long to wait", async () => {
    fakeApi({
      "GET /x": { ...refusal(429, "too_many_requests"), headers: { "Retry-After": "12" } },
    });
    await expect(api.get("/x")).rejects.toMatchObject({ retryAfterSeconds: 12 });
  });

  test("an error page of something in between still says what to do", async () => {
    vi.stubGlobal("fetch", async () => new Response("<h1>Bad gateway</h1>", { status: 502 }));
    await expect(api.get("/x")).rejects.toThrow("Wait a moment and try again.");
  });

  test("no answer at all is told as such", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    const error = await api.get("/x").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 0, code: "unreachable" });
  });
});
