import { screen } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import type { Storage } from "@/lib/api-models";
import { fakeApi, refusal } from "@/testing/fake-api";
import { show } from "@/testing/render";
import { StoragePage } from "./storage-page";

const GIB = 1024 ** 3;
const STORED: Storage = {
  plan: "researcher",
  notebooks_bytes: 40 * GIB,
  deleted_bytes: 5 * GIB,
  history_bytes: 12 * GIB,
  offered_bytes: 2 * GIB,
  rest_bytes: 1 * GIB,
  total_bytes: 60 * GIB,
  included_bytes: 50 * GIB,
  quota_bytes: 1000 * GIB,
  usd_month: "1.121280",
  charged_usd: "0.004000",
  charged_until: "2026-11-28T00:00:00Z",
};

function given(changes: Partial<Storage> = {}) {
  fakeApi({ "GET /storage": { body: { ...STORED, ...changes } } });
  return show(<StoragePage />);
}

describe("the storage", () => {
  test("says what takes how much, and that this is all of it", async () => {
    given();
    const row = async (name: RegExp) => (await screen.findByRole("row", { name })).textContent;
    expect(await row(/^Notebooks/)).toMatch(/40 GiB$/);
    expect(await row(/^Earlier versions/)).toMatch(/12 GiB$/);
    expect(await row(/^Deleted notebooks/)).toMatch(/5 GiB$/);
    expect(await row(/^Uploads on their way/)).toMatch(/2 GiB$/);
    expect(await row(/^Being deleted/)).toMatch(/1 GiB$/);
    expect(await row(/^All together/)).toMatch(/60 GiB$/);
    expect(screen.getByRole("link", { name: "See deleted notebooks" })).toHaveAttribute(
      "href",
      "/notebooks/deleted",
    );
  });

  test("says what it costs, and what was charged until when", async () => {
    given();
    const cost = await screen.findByRole("region", { name: "Cost" });
    expect(cost).toHaveTextContent("50 GiB are in your plan.");
    expect(cost).toHaveTextContent("A month of what is stored now costs $1.12 on top.");
    expect(cost).toHaveTextContent("<$0.01");
  });

  test("in a plan's price costs nothing", async () => {
    given({ total_bytes: 3 * GIB, charged_until: null });
    const cost = await screen.findByRole("region", { name: "Cost" });
    expect(cost).toHaveTextContent("You pay nothing on top.");
    expect(cost).not.toHaveTextContent("This month");
  });

  test("that is full by its history goes on saving, and says so", async () => {
    given({ quota_bytes: 58 * GIB });
    expect(await screen.findByText(/Saving goes on/)).toBeVisible();
  });

  test("that only waits for uploads is not full", async () => {
    given({ quota_bytes: 60 * GIB, history_bytes: 2 * GIB, offered_bytes: 12 * GIB });
    expect(await screen.findByText(/room for 60 GiB/)).toBeVisible();
    expect(screen.queryByText(/is full/)).toBeNull();
  });

  test("that is full by its notebooks says what to do", async () => {
    given({ quota_bytes: 45 * GIB });
    expect(await screen.findByText(/Delete files or notebooks/)).toBeVisible();
  });

  test("that can't be read can be asked for again", async () => {
    fakeApi({ "GET /storage": refusal(500, "internal", "Something is wrong.") });
    show(<StoragePage />);
    expect(await screen.findByRole("button", { name: "Try again" })).toBeVisible();
  });
});
