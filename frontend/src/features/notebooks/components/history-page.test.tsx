import { screen, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { aNotebook, page } from "@/testing/factories";
import { fakeApi } from "@/testing/fake-api";
import { show } from "@/testing/render";
import { HistoryPage } from "./history-page";

const NOW = {
  seq: 2,
  saved_at: "2026-11-22T22:50:00Z",
  files: 1,
  bytes: 10,
  added: 0,
  changed: 1,
  removed: 0,
  is_newest: true,
};
const THEN = { ...NOW, seq: 1, saved_at: "2026-11-22T22:40:00Z", is_newest: false };
const FILE = { path: "notes.txt", kind: "file", size: 10, modified_at: THEN.saved_at };

function given() {
  fakeApi({
    "GET /notebooks/nb_01": { body: aNotebook() },
    "GET /notebooks/nb_01/snapshots": page(NOW, THEN),
    "GET /notebooks/nb_01/snapshots/1/changes": { body: { changes: [], more: 0 } },
    "GET /notebooks/nb_01/snapshots/1/files": page(FILE),
    "POST /notebooks/nb_01/snapshots/1/restore": { body: { ...NOW, seq: 3 }, status: 201 },
  });
  return show(<HistoryPage id="nb_01" />);
}

describe("a notebook's history", () => {
  test("shows that everything was restored", async () => {
    const user = given();
    await user.click(await screen.findByRole("button", { name: /Restore all files/ }));
    expect(await screen.findByText(/Restored: everything is as it was then/)).toBeVisible();
  });

  test("shows beside a file that it was restored", async () => {
    const user = given();
    const looks = await screen.findAllByRole("button", { name: /Look at the version/ });
    await user.click(looks[1] as HTMLElement);
    await user.click(await screen.findByRole("button", { name: "Restore notes.txt" }));
    const row = screen.getByText("notes.txt").closest("li") as HTMLElement;
    expect(await within(row).findByText("Restored: it is as it was then.")).toBeVisible();
  });
});
