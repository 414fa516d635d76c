import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import type { Notebook, ServerEnd } from "@/lib/api-models";
import { aNotebook, page, SIZES } from "@/testing/factories";
import { fakeApi, refusal } from "@/testing/fake-api";
import { show } from "@/testing/render";
import { NotebooksPage } from "./notebooks-page";

const card = () => screen.findByRole("article", { name: "Ocean temperatures" });

describe("the list of notebooks", () => {
  test("says in words what each does, what it costs, and why it stopped", async () => {
    const last_stop: Notebook["last_stop"] = {
      at: new Date(Date.now() - 20 * 60_000).toISOString(),
      reason: "idle",
      message: "Nothing ran in it for 30 minutes.",
    };
    fakeApi({ "GET /notebooks": page(aNotebook({ last_stop })) });
    show(<NotebooksPage sizes={SIZES} />);
    const shown = within(await card());
    expect(shown.getByText("Stopped")).toBeVisible();
    expect(shown.getByText("included in your plan")).toBeVisible();
    expect(await card()).toHaveTextContent(
      "Stopped by itself 20 min ago. Nothing ran in it for 30 minutes.",
    );
  });

  test("teaches when it is empty, and leads to creating", async () => {
    fakeApi({ "GET /notebooks": page() });
    const user = show(<NotebooksPage sizes={SIZES} />);
    await user.click(await screen.findByRole("button", { name: "Create your first notebook" }));
    expect(await screen.findByRole("dialog", { name: "New notebook" })).toBeVisible();
  });

  test("shows a start at once, and reads out what follows", async () => {
    const requested = { name: "requested", at: new Date().toISOString() } as const;
    const starting = aNotebook({ state: "starting", stages: [requested] });
    const api = fakeApi({
      "GET /notebooks": page(aNotebook()),
      "POST /notebooks/nb_01/start": { status: 202, body: starting },
    });
    const user = show(<NotebooksPage sizes={SIZES} />);
    await user.click(await screen.findByRole("button", { name: "Start Ocean temperatures" }));
    expect(await within(await card()).findByText("Starting")).toBeVisible();

    api.on("GET /notebooks", page(aNotebook({ state: "running" })));
    expect(await screen.findByText("Ocean temperatures is running.")).toBeInTheDocument();
    expect(screen.getByRole("link", { name: /^Open Ocean temperatures/ })).toHaveAttribute(
      "href",
      "/notebooks/nb_01/open",
    );
  });

  test("shows a refusal on the card where it happened", async () => {
    fakeApi({
      "GET /notebooks": page(aNotebook()),
      "POST /notebooks/nb_01/start": refusal(409, "plan_limit", "Stop another one first."),
    });
    const user = show(<NotebooksPage sizes={SIZES} />);
    await user.click(await screen.findByRole("button", { name: "Start Ocean temperatures" }));
    expect(await within(await card()).findByRole("alert")).toHaveTextContent(
      "Stop another one first.",
    );
  });

  test.each([
    ["limit_reached", "Change the limit", "/billing?edit=limit"],
    ["payment_required", "See what is to be paid", "/billing"],
    ["plan_size", "Compare plans", "/plans"],
  ])("a start refused by %s leads to where that is changed", async (code, label, to) => {
    fakeApi({
      "GET /notebooks": page(aNotebook()),
      "POST /notebooks/nb_01/start": refusal(409, code),
    });
    const user = show(<NotebooksPage sizes={SIZES} />);
    await user.click(await screen.findByRole("button", { name: "Start Ocean temperatures" }));
    expect(await screen.findByRole("link", { name: label })).toHaveAttribute("href", to);
  });

  test("counts what a running notebook costs", async () => {
    const cost = {
      included: false,
      rate_usd_hour: "36.00",
      spent_usd: "0.310000",
      as_of: new Date().toISOString(),
    };
    fakeApi({ "GET /notebooks": page(aNotebook({ state: "running", size: "large", cost })) });
    show(<NotebooksPage sizes={SIZES} />);
    const shown = await within(await card()).findByText(/^\$36\/h · \$0.\d\d so far$/);
    const before = shown.textContent;
    await waitFor(() => expect(shown).not.toHaveTextContent(before));
  });

  test.each<[ServerEnd, string]>([
    ["limit", "Stopped at your monthly limit"],
    ["unpaid", "Stopped because a payment is missing"],
    ["plan", "Stopped because your plan no longer covers it"],
    ["unknown", "Stopped"],
  ])("says that it was stopped for the reason %s", async (reason, words) => {
    const last_stop = { at: new Date().toISOString(), reason, message: "" };
    fakeApi({ "GET /notebooks": page(aNotebook({ last_stop })) });
    show(<NotebooksPage sizes={SIZES} />);
    expect(await card()).toHaveTextContent(words);
  });

  test("deletes a stopped notebook without a question, and takes it back", async () => {
    const api = fakeApi({
      "GET /notebooks": page(aNotebook()),
      "DELETE /notebooks/nb_01": () => {
        api.on("GET /notebooks", page());
        return {};
      },
      "POST /notebooks/nb_01/restore": () => {
        api.on("GET /notebooks", page(aNotebook()));
        return { body: aNotebook() };
      },
    });
    const user = show(<NotebooksPage sizes={SIZES} />);
    await user.click(await screen.findByRole("button", { name: "More for Ocean temperatures" }));
    await user.click(await screen.findByRole("menuitem", { name: "Delete" }));
    await waitFor(() => expect(screen.queryByRole("article")).toBeNull());
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    expect(await card()).toBeVisible();
    expect(screen.getByText("Ocean temperatures is back.")).toBeInTheDocument();
  });

  test("asks before a stop that would end clusters too, and says which", async () => {
    const running = aNotebook({ state: "running" });
    const api = fakeApi({
      "GET /notebooks": page(running),
      "POST /notebooks/nb_01/stop": { body: aNotebook({ state: "stopping" }) },
    });
    const clusters = new Map([["nb_01", ["sweep", "grid"]]]);
    const user = show(<NotebooksPage sizes={SIZES} clusters={clusters} />);
    await user.click(await screen.findByRole("button", { name: "Stop Ocean temperatures" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Stop it and its clusters?" }));
    expect(dialog.getByText(/Its clusters sweep and grid stop with it/)).toBeVisible();
    expect(api.requests("POST /notebooks/nb_01/stop")).toEqual([]);
    await user.click(dialog.getByRole("button", { name: "Stop all of it" }));
    expect(await within(await card()).findByText("Stopping")).toBeVisible();
  });

  test("asks before it deletes one that is running", async () => {
    const api = fakeApi({ "GET /notebooks": page(aNotebook({ state: "running" })) });
    const clusters = new Map([["nb_01", ["sweep"]]]);
    const user = show(<NotebooksPage sizes={SIZES} clusters={clusters} />);
    await user.click(await screen.findByRole("button", { name: "More for Ocean temperatures" }));
    await user.click(await screen.findByRole("menuitem", { name: "Delete" }));
    expect(await screen.findByRole("dialog", { name: "Stop and delete?" })).toHaveTextContent(
      "Its cluster sweep stops with it",
    );
    expect(api.requests("DELETE /notebooks/nb_01")).toEqual([]);
  });
});
