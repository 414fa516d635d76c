import { screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Notebook } from "@/lib/api-models";
import { leaveFor } from "@/lib/leave";
import { aNotebook, SIZES } from "@/testing/factories";
import { fakeApi, refusal } from "@/testing/fake-api";
import { show } from "@/testing/render";
import { OpenPage } from "./open-page";

vi.mock("@/lib/leave", () => ({ leaveFor: vi.fn() }));

const TICKET = "http://nb-01.localhost:8000/ramon/enter?ticket=x";
const visit = () => show(<OpenPage id="nb_01" sizes={SIZES} />);

beforeEach(() => vi.mocked(leaveFor).mockClear());

describe("the way into a notebook", () => {
  test("leads straight on when it runs, with one ticket", async () => {
    const api = fakeApi({
      "GET /notebooks/nb_01": { body: aNotebook({ state: "running" }) },
      "POST /notebooks/nb_01/open": { body: { url: TICKET } },
    });
    visit();
    await waitFor(() => expect(leaveFor).toHaveBeenCalledExactlyOnceWith(TICKET));
    expect(api.requests("POST /notebooks/nb_01/open")).toHaveLength(1);
  });

  test("never starts anything by being visited", async () => {
    const api = fakeApi({ "GET /notebooks/nb_01": { body: aNotebook() } });
    visit();
    expect(await screen.findByRole("button", { name: "Start and open" })).toBeVisible();
    expect(api.seen.every(({ method }) => method === "GET")).toBe(true);
  });

  test("starts when asked to, shows the stages, and goes on by itself", async () => {
    const requested = { name: "requested", at: new Date().toISOString() } as const;
    const starting = aNotebook({ state: "starting", stages: [requested] });
    const api = fakeApi({
      "GET /notebooks/nb_01": { body: aNotebook() },
      "POST /notebooks/nb_01/start": { status: 202, body: starting },
      "POST /notebooks/nb_01/open": { body: { url: TICKET } },
    });
    const user = visit();
    await user.click(await screen.findByRole("button", { name: "Start and open" }));
    expect(await screen.findByText("Asked for a machine")).toBeVisible();
    api.on("GET /notebooks/nb_01", { body: aNotebook({ state: "running" }) });
    await waitFor(() => expect(leaveFor).toHaveBeenCalledWith(TICKET));
  });

  test("says why it failed, and offers another start", async () => {
    const failure: Notebook["failure"] = {
      code: "crashed",
      message: "JupyterLab ended unexpectedly.",
    };
    fakeApi({ "GET /notebooks/nb_01": { body: aNotebook({ state: "failed", failure }) } });
    visit();
    expect(await screen.findByText("JupyterLab ended unexpectedly.")).toBeVisible();
    expect(screen.getByRole("button", { name: "Start and open" })).toBeEnabled();
  });

  test("waits while it is stopping", async () => {
    fakeApi({ "GET /notebooks/nb_01": { body: aNotebook({ state: "stopping" }) } });
    visit();
    expect(await screen.findByRole("button", { name: "Start and open" })).toBeDisabled();
    expect(screen.getByText(/as soon as it has stopped/)).toBeVisible();
  });

  test("says that it was deleted, and where to get it back", async () => {
    const notebook = aNotebook({
      deleted_at: "2026-11-22T20:00:00Z",
      purge_at: "2026-12-22T20:00:00Z",
    });
    fakeApi({ "GET /notebooks/nb_01": { body: notebook } });
    visit();
    expect(await screen.findByText(/kept until 22 Dec 2026/)).toBeVisible();
    expect(screen.getByRole("link", { name: "Recently deleted" })).toBeVisible();
  });

  test("shows why no ticket was given, with a way to try again", async () => {
    fakeApi({
      "GET /notebooks/nb_01": { body: aNotebook({ state: "running" }) },
      "POST /notebooks/nb_01/open": refusal(409, "not_running", "It isn't running."),
    });
    visit();
    expect(await screen.findByRole("alert")).toHaveTextContent("It isn't running.");
    expect(screen.getByRole("button", { name: "Try again" })).toBeEnabled();
  });
});
