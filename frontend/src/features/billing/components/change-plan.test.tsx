import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Billing } from "@/lib/api-models";
import { goTo } from "@/lib/leave";
import { aBill, aPlanChange } from "@/testing/billing-factories";
import { PLANS } from "@/testing/factories";
import { type Answer, fakeApi, refusal } from "@/testing/fake-api";
import { show } from "@/testing/render";
import { PlanPanel } from "./plan-panel";

vi.mock("@/lib/leave", () => ({ goTo: vi.fn() }));

beforeEach(() => vi.mocked(goTo).mockClear());

function given(bill: Billing = aBill(), path = "/billing", preview: Answer = {}) {
  const api = fakeApi({
    "GET /billing/plan-change": { body: aPlanChange(), ...preview },
    "POST /billing/plan": { body: aBill({ plan: "lab" }) },
  });
  return { api, user: show(<PlanPanel billing={bill} plans={PLANS} />, path) };
}

const dialog = async (name: string) => within(await screen.findByRole("dialog", { name }));

describe("changing the plan", () => {
  test("shows every line and the amount before it is taken, and then takes that", async () => {
    const { api, user } = given();
    await user.click(screen.getByRole("button", { name: "Change plan…" }));
    const asked = await dialog("Change the plan");
    expect(
      await asked.findByRole("row", { name: "Unused time on Researcher −$7.25" }),
    ).toBeVisible();
    expect(asked.getByRole("row", { name: "To pay today $17.50" })).toBeVisible();
    expect(asked.getByText(/Next invoice, as it stands: \$99.00 on 1 Dec 2026/)).toBeVisible();
    await user.click(asked.getByRole("button", { name: "Pay $17.50 and change" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.requests("POST /billing/plan")[0]?.body).toEqual({
      plan: "lab",
      proration_at: 1_795_428_000,
    });
    expect(screen.getByText("The plan is changed.")).toBeInTheDocument();
  });

  test.each([
    ["a credit", aPlanChange({ due_today_usd: "-12.00" }), "Change now, with $12.00 of credit"],
    ["nothing", aPlanChange({ due_today_usd: "0.00" }), "Change now"],
    [
      "a later day",
      aPlanChange({ effective: "period_end", effective_at: "2026-12-01T00:00:00Z" }),
      "Change on 1 Dec 2026",
    ],
  ])("the button says so where it means %s", async (_, change, label) => {
    given(aBill(), "/billing?change=lab", { body: change });
    const asked = await dialog("Change the plan");
    expect(await asked.findByRole("button", { name: label })).toBeEnabled();
  });

  test("of several plans none is asked for until one is chosen", async () => {
    const { api, user } = given(aBill({ plan: "old" }), "/billing?change=");
    const asked = await dialog("Change the plan");
    expect(asked.getByRole("button", { name: "Change the plan" })).toBeDisabled();
    await user.click(asked.getByRole("radio", { name: /Lab/ }));
    expect(await asked.findByRole("button", { name: "Pay $17.50 and change" })).toBeEnabled();
    expect(api.requests("GET /billing/plan-change")[0]?.query.get("plan")).toBe("lab");
  });

  test("a payment that fails leads to another card", async () => {
    const { api, user } = given(aBill(), "/billing?change=lab");
    api.on("POST /billing/plan", refusal(402, "payment_failed", "The card was declined."));
    api.on("POST /billing/portal", { status: 201, body: { url: "https://stripe.example/p" } });
    const asked = await dialog("Change the plan");
    await user.click(await asked.findByRole("button", { name: /^Pay/ }));
    expect(await asked.findByRole("alert")).toHaveTextContent("The card was declined.");
    await user.click(asked.getByRole("button", { name: "Pay or change the card" }));
    await waitFor(() => expect(goTo).toHaveBeenCalledWith("https://stripe.example/p"));
  });

  test("a price that has expired is not taken, but shown anew", async () => {
    const { api, user } = given(aBill(), "/billing?change=lab");
    api.on("POST /billing/plan", refusal(409, "preview_expired", "Look at it again."));
    const asked = await dialog("Change the plan");
    await user.click(await asked.findByRole("button", { name: "Pay $17.50 and change" }));
    expect(await asked.findByRole("alert")).toHaveTextContent("Look at it again.");
    api.on("GET /billing/plan-change", { body: aPlanChange({ due_today_usd: "17.40" }) });
    await user.click(asked.getByRole("button", { name: "Show the new price" }));
    expect(await asked.findByRole("button", { name: "Pay $17.40 and change" })).toBeEnabled();
    expect(asked.queryByRole("alert")).toBeNull();
  });

  test("a price that can't be had is told, and asked for again", async () => {
    const busy = refusal(409, "busy", "Stripe is busy.");
    const { api, user } = given(aBill(), "/billing?change=lab", busy);
    const asked = await dialog("Change the plan");
    expect(await asked.findByRole("alert")).toHaveTextContent("Stripe is busy.");
    api.on("GET /billing/plan-change", { body: aPlanChange() });
    await user.click(asked.getByRole("button", { name: "Try again" }));
    expect(await asked.findByRole("button", { name: /^Pay/ })).toBeEnabled();
  });
});

describe("canceling the plan", () => {
  test("says until when it goes on, and cancels", async () => {
    const { api, user } = given(aBill(), "/billing", {
      body: aPlanChange({ plan: "free", effective: "period_end", next_total_usd: "1.86" }),
    });
    await user.click(screen.getByRole("button", { name: "Cancel plan…" }));
    const asked = await dialog("Cancel the plan?");
    expect(asked.getByText(/Researcher goes on until 1 Dec 2026/)).toBeVisible();
    expect(await asked.findByText(/as it stands, of \$1.86/)).toBeVisible();
    await user.click(asked.getByRole("button", { name: "Cancel on 1 Dec 2026" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.requests("POST /billing/plan")[0]?.body).toEqual({
      plan: "free",
      proration_at: null,
    });
  });

  test("is taken back by one button", async () => {
    const { api, user } = given(aBill({ status: "canceling", ends_at: "2026-12-01T00:00:00Z" }));
    expect(screen.getByText(/Canceled: it goes on until 1 Dec 2026/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Keep the plan" }));
    await waitFor(() =>
      expect(api.requests("POST /billing/plan")[0]?.body).toEqual({
        plan: "researcher",
        proration_at: null,
      }),
    );
  });
});
