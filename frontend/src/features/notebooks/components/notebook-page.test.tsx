import { screen, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import type { Notebook } from "@/lib/api-models";
import { aNotebook, aServer, page, SIZES } from "@/testing/factories";
import { fakeApi, refusal } from "@/testing/fake-api";
import { show } from "@/testing/render";
import { NotebookPage } from "./notebook-page";

function given(notebook: Notebook) {
  const api = fakeApi({
    "GET /notebooks/nb_01": { body: notebook },
    "GET /notebooks/nb_01/servers": page(aServer()),
  });
  return { api, user: show(<NotebookPage id="nb_01" sizes={SIZES} />) };
}

describe("a notebook's page", () => {
  test("shows the stages of a start, those done with the seconds they took", async () => {
    given(
      aNotebook({
        state: "starting",
        stages: [
          { name: "requested", at: "2026-11-22T22:50:00Z" },
          { name: "launching", at: "2026-11-22T22:50:03Z" },
        ],
      }),
    );
    const steps = within(await screen.findByRole("list", { name: "Stages" })).getAllByRole(
      "listitem",
    );
    expect(steps[0]).toHaveTextContent("Asked for a machine3 s");
    expect(steps[1]).toHaveAttribute("aria-current", "step");
    expect(steps[4]).toHaveTextContent("Ready");
  });

  test("tells the history: when it ran, how long, and why it stopped", async () => {
    given(aNotebook());
    const history = within(await screen.findByRole("region", { name: "History" }));
    expect(await history.findByText("2 h")).toBeVisible();
    expect(history.getByText(/ready after 6 s. Stopped by itself. Nothing ran/)).toBeVisible();
  });

  test("tells what a run has cost beyond the plan", async () => {
    const { api } = given(aNotebook());
    api.on("GET /notebooks/nb_01/servers", page(aServer({ cost_usd: "0.004000" })));
    const history = within(await screen.findByRole("region", { name: "History" }));
    expect(await history.findByText("2 h, <$0.01")).toBeVisible();
  });

  test("says that its size is not in the plan any more, and leads to the plans", async () => {
    given(aNotebook({ size: "large", price_usd_hour: null }));
    expect(await screen.findByText(/Not in your plan/)).toBeVisible();
    expect(screen.getByRole("link", { name: "compare plans" })).toHaveAttribute("href", "/plans");
  });

  test("explains a failure", async () => {
    const failure: Notebook["failure"] = {
      code: "out_of_memory",
      message: "It needed more than 4 GiB.",
    };
    given(aNotebook({ state: "failed", failure }));
    expect(await screen.findByRole("alert")).toHaveTextContent("It needed more than 4 GiB.");
  });

  test("says that a kernel died, and why, and which package is missing", async () => {
    const reason = "The kernel ran out of memory and was killed (signal 9).";
    given(
      aNotebook({
        state: "running",
        activity: {
          busy_kernels: 0,
          busy_terminals: 0,
          kernel_death: { at: "2026-11-22T22:50:00Z", notebook: "a.ipynb", reason },
          packages: {
            waiting: 2,
            failed: [{ requirement: "cowsay==99", reason: "There is no such version." }],
          },
        },
      }),
    );
    expect(await screen.findByText(`a.ipynb: ${reason}`)).toBeVisible();
    expect(screen.getByText(/Installing 2 packages/)).toBeVisible();
    expect(screen.getByText(/Installing 2 packages/).closest("[role=alert]")).toBeNull();
    expect(screen.getByText(/cowsay==99 could not be installed again: There is no/)).toBeVisible();
  });

  test("says what runs in it", async () => {
    given(
      aNotebook({
        state: "running",
        activity: { busy_kernels: 1, busy_terminals: 2, kernel_death: null },
      }),
    );
    expect(
      await screen.findByText(/cells run in 1 kernel, commands run in 2 terminals/),
    ).toBeVisible();
  });

  test("says what keeps files from being saved", async () => {
    const workspace = { ...aNotebook().workspace, error: "The workspace is full." };
    given(aNotebook({ workspace }));
    expect(await screen.findByText(/not being saved: The workspace is full/)).toBeVisible();
  });

  test("saves settings based on the version that was on the screen", async () => {
    const { api, user } = given(aNotebook());
    api.on("PATCH /notebooks/nb_01", { body: aNotebook({ name: "Sea", version: 2 }) });
    await user.clear(await screen.findByLabelText("Name"));
    await user.type(screen.getByLabelText("Name"), "Sea");
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByRole("heading", { name: "Sea" })).toBeVisible();
    const [request] = api.requests("PATCH /notebooks/nb_01");
    expect(request?.headers.get("If-Match")).toBe('"1"');
    expect(request?.body).toEqual({ name: "Sea" });
  });

  test("shows what was changed elsewhere meanwhile, and lets one save all the same", async () => {
    const { api, user } = given(aNotebook());
    await user.clear(await screen.findByLabelText("Name"));
    await user.type(screen.getByLabelText("Name"), "Sea");
    api.on("GET /notebooks/nb_01", { body: aNotebook({ idle_minutes: 60, version: 2 }) });
    api.on("PATCH /notebooks/nb_01", ({ headers }) =>
      headers.get("If-Match") === '"2"'
        ? { body: aNotebook({ name: "Sea", idle_minutes: 60, version: 3 }) }
        : refusal(412, "version_mismatch"),
    );
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("Stops after: was 30 min, now 1 h")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Save mine all the same" }));
    expect(await screen.findByRole("heading", { name: "Sea" })).toBeVisible();
  });

  test("keeps it running only after the price was shown", async () => {
    const { api, user } = given(aNotebook({ state: "running", size: "large" }));
    api.on("PUT /notebooks/nb_01/keep-running", ({ body }) => ({
      body: aNotebook({ state: "running", keep_until: (body as { until: string }).until }),
    }));
    await user.click(await screen.findByRole("button", { name: "Keep running until…" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Keep running until" }));
    await user.click(dialog.getByRole("radio", { name: /For 2 hours/ }));
    expect(dialog.getByText(/at most \$0\.4/)).toBeVisible();
    await user.click(dialog.getByRole("button", { name: "Keep running" }));
    expect(await screen.findByText(/Kept running until .*, idle or not/)).toBeVisible();
  });

  test("says that it is gone when it is", async () => {
    fakeApi({});
    show(<NotebookPage id="nb_01" sizes={SIZES} />);
    expect(await screen.findByRole("heading", { name: "No such notebook" })).toBeVisible();
  });
});
