import { render, screen, waitFor, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { goTo } from "@/lib/leave";
import { aBill, aMonth, anInvoice, anUpcoming } from "@/testing/billing-factories";
import { aCluster, aWorker } from "@/testing/cluster-factories";
import { aNotebook, anAccount, CATALOGUE, page } from "@/testing/factories";
import { fakeApi, refusal } from "@/testing/fake-api";
import { App } from "./app";

vi.mock("@/lib/leave", () => ({ goTo: vi.fn(), leaveFor: vi.fn() }));

const PLANS = { body: CATALOGUE };
const SIGNED_OUT = refusal(401, "signed_out");

function visit(path: string) {
  window.history.replaceState(null, "", path);
  render(<App />);
}

beforeEach(() => window.history.replaceState(null, "", "/"));

describe("the application", () => {
  test("tells a stranger what it is, what it costs, and how to get in", async () => {
    fakeApi({ "GET /plans": PLANS, "GET /me": SIGNED_OUT });
    visit("/");
    expect(await screen.findByText("$29 a month")).toBeVisible();
    expect(screen.getByText("$0.0792")).toBeVisible();
    expect(screen.getByRole("link", { name: "Sign in with GitHub" })).toHaveAttribute(
      "href",
      "/api/auth/github/start?return_to=%2Fnotebooks",
    );
  });

  test("leads somebody who is signed out to signing in, and back to the page", async () => {
    fakeApi({ "GET /plans": PLANS, "GET /me": SIGNED_OUT });
    visit("/notebooks/nb_01/open");
    expect(await screen.findByRole("link", { name: "Sign in with GitHub" })).toHaveAttribute(
      "href",
      "/api/auth/github/start?return_to=%2Fnotebooks%2Fnb_01%2Fopen",
    );
  });

  test("does the same when a session ends in the middle of it", async () => {
    fakeApi({
      "GET /plans": PLANS,
      "GET /me": { body: anAccount() },
      "GET /notebooks": SIGNED_OUT,
    });
    visit("/notebooks");
    expect(await screen.findByText(/You are signed out/)).toBeVisible();
    expect(window.location.search).toBe("?return_to=%2Fnotebooks");
  });

  test("leads somebody who is signed in from the landing page to the notebooks", async () => {
    fakeApi({
      "GET /plans": PLANS,
      "GET /me": { body: anAccount() },
      "GET /notebooks": page(aNotebook()),
    });
    visit("/");
    expect(await screen.findByRole("heading", { name: "Notebooks" })).toBeVisible();
    expect(window.location.pathname).toBe("/notebooks");
  });

  test("says what went wrong with a sign-in", async () => {
    fakeApi({ "GET /plans": PLANS, "GET /me": SIGNED_OUT });
    visit("/?sign_in=cancelled");
    expect(await screen.findByText(/You cancelled on GitHub/)).toBeVisible();
  });

  test("knows an address that is none", async () => {
    fakeApi({ "GET /me": SIGNED_OUT });
    visit("/nowhere");
    expect(await screen.findByRole("heading", { name: "There is no such page" })).toBeVisible();
  });

  test("says when the server can't be reached, and when it can again", async () => {
    const nothing = () => {
      throw new TypeError("Failed to fetch");
    };
    const api = fakeApi({
      "GET /plans": nothing,
      "GET /me": { body: anAccount() },
      "GET /notebooks": nothing,
    });
    visit("/notebooks");
    const banner = await screen.findByText(/may be out of date/);
    api.on("GET /plans", PLANS);
    api.on("GET /notebooks", page(aNotebook()));
    await waitFor(() => expect(banner).not.toBeInTheDocument());
    expect(await screen.findByRole("article")).toBeVisible();
  });
});

describe("the plans", () => {
  const card = async (name: string) => within(await screen.findByRole("listitem", { name }));

  test("are for everybody, with what a larger size costs on each", async () => {
    fakeApi({ "GET /plans": PLANS, "GET /me": SIGNED_OUT });
    visit("/plans");
    const large = await screen.findByRole("row", { name: /^Large/ });
    expect(large).toHaveTextContent("–not on this plan$0.2376$0.1584");
    expect(screen.getByRole("row", { name: /^Storage/ })).toHaveTextContent("$0.00000015");
    expect(screen.getByRole("link", { name: "Choose Researcher" })).toHaveAttribute(
      "href",
      "/api/auth/github/start?return_to=%2Fplans%3Fchoose%3Dresearcher",
    );
  });

  test("lead somebody on the free plan to Stripe", async () => {
    fakeApi({
      "GET /plans": PLANS,
      "GET /me": { body: anAccount({ plan: "free" }) },
      "POST /billing/checkout": ({ body }) => ({
        status: 201,
        body: { url: `https://stripe.example/${(body as { plan: string }).plan}` },
      }),
    });
    visit("/plans?choose=lab");
    expect(await screen.findByText(/you can go on with Lab/)).toBeVisible();
    await userEvent.click((await card("Lab")).getByRole("button", { name: "Choose Lab" }));
    await waitFor(() => expect(goTo).toHaveBeenCalledWith("https://stripe.example/lab"));
  });

  test("lead somebody who pays already to the change and its price", async () => {
    fakeApi({ "GET /plans": PLANS, "GET /me": { body: anAccount() } });
    visit("/plans");
    const link = (await card("Lab")).getByRole("link", { name: "Change to Lab" });
    expect(link).toHaveAttribute("href", "/billing?change=lab");
    expect((await card("Researcher")).getByRole("link")).toHaveTextContent("See your bill");
  });
});

describe("clusters", () => {
  test("are on the page of their notebook, and a stop of that asks for them", async () => {
    fakeApi({
      "GET /plans": PLANS,
      "GET /me": { body: anAccount() },
      "GET /notebooks/nb_01": { body: aNotebook({ state: "running" }) },
      "GET /notebooks/nb_01/servers": page(),
      "GET /clusters": page(aCluster()),
    });
    visit("/notebooks/nb_01");
    const panel = within(await screen.findByRole("region", { name: "Clusters" }));
    expect(panel.getByRole("link", { name: "sweep" })).toHaveAttribute("href", "/clusters/cl_01");
    await userEvent.click(screen.getByRole("button", { name: "Stop Ocean temperatures" }));
    expect(await screen.findByRole("dialog")).toHaveTextContent("Its cluster sweep stops with it");
  });

  test("have a guide, which every list of them leads to", async () => {
    fakeApi({ "GET /plans": PLANS, "GET /me": { body: anAccount() }, "GET /clusters": page() });
    visit("/clusters");
    const [link] = await screen.findAllByRole("link", { name: "How clusters work" });
    await userEvent.click(link as HTMLElement);
    expect(await screen.findByRole("heading", { name: "How clusters work" })).toHaveFocus();
  });

  test("are drawn without a style element, which the CSP would refuse", async () => {
    fakeApi({
      "GET /me": { body: anAccount() },
      "GET /clusters/cl_01": { body: aCluster() },
      "GET /clusters/cl_01/workers": page(aWorker()),
      "GET /clusters/cl_01/history": {
        body: { points: [{ at: "2026-11-22T20:00:00Z", workers: 4 }] },
      },
      "GET /clusters/cl_01/logs": { body: { lines: [], next_cursor: null } },
    });
    givenAWidth();
    visit("/clusters/cl_01");
    expect(await screen.findByRole("application", { name: /^Workers over time/ })).toBeVisible();
    expect(document.querySelector("style")).toBeNull();
  });
});

test("the bill, its plots included, writes no style element, which the CSP would refuse", async () => {
  fakeApi({
    "GET /plans": PLANS,
    "GET /me": { body: anAccount() },
    "GET /billing": { body: aBill() },
    "GET /billing/usage": { body: aMonth() },
    "GET /billing/upcoming": { body: anUpcoming() },
    "GET /billing/invoices": page(anInvoice()),
  });
  givenAWidth();
  visit("/billing");
  const plots = await screen.findAllByRole("application", { name: /day/ });
  expect(plots).toHaveLength(2);
  expect(document.querySelector("style")).toBeNull();
});

/** jsdom lays nothing out, and a plot without any width is not drawn. */
function givenAWidth() {
  vi.spyOn(Element.prototype, "getBoundingClientRect").mockReturnValue(new DOMRect(0, 0, 640, 220));
}
