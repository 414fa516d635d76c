import { screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Billing, BillingNotice } from "@/lib/api-models";
import { goTo } from "@/lib/leave";
import { aBill } from "@/testing/billing-factories";
import { fakeApi } from "@/testing/fake-api";
import { show } from "@/testing/render";
import { NoticeBanner } from "./notice-banner";

vi.mock("@/lib/leave", () => ({ goTo: vi.fn() }));

beforeEach(() => vi.mocked(goTo).mockClear());

const notice = (
  kind: BillingNotice["kind"],
  level: BillingNotice["level"] = "warning",
): BillingNotice => ({
  kind,
  level,
  message: `About ${kind}.`,
  until: null,
});

function given(bill: Partial<Billing>) {
  const api = fakeApi({ "GET /billing": { body: aBill(bill) } });
  return { api, user: show(<NoticeBanner />) };
}

describe("notices", () => {
  test.each([
    ["limit_50", "Change the limit"],
    ["limit_80", "Change the limit"],
    ["limit_reached", "Raise the limit"],
    ["stopping", "Raise the limit"],
  ] as const)("%s leads to the limit", async (kind, label) => {
    given({ notices: [notice(kind)] });
    expect(await screen.findByRole("link", { name: label })).toHaveAttribute(
      "href",
      "/billing?edit=limit",
    );
  });

  test("a payment that failed leads to Stripe, and says until when", async () => {
    const failed = { ...notice("payment_failed", "error"), until: "2026-11-30T10:00:00Z" };
    const { api, user } = given({ status: "past_due", notices: [failed] });
    api.on("POST /billing/portal", { status: 201, body: { url: "https://stripe.example/p" } });
    expect(await screen.findByText("About payment_failed.")).toBeVisible();
    expect(screen.getByText(/^Date:/)).toHaveTextContent("Mon 30 Nov");
    await user.click(screen.getByRole("button", { name: "Pay at Stripe" }));
    await waitFor(() => expect(goTo).toHaveBeenCalledWith("https://stripe.example/p"));
  });

  test("a canceled plan is kept by one button, and the notice goes", async () => {
    const { api, user } = given({ status: "canceling", notices: [notice("canceling", "info")] });
    api.on("POST /billing/plan", () => {
      api.on("GET /billing", { body: aBill() });
      return { body: aBill() };
    });
    await user.click(await screen.findByRole("button", { name: "Keep the plan" }));
    await waitFor(() => expect(screen.queryByText("About canceling.")).toBeNull());
  });

  test("one that was read stays away until there is another occasion", async () => {
    const { api, user } = given({ notices: [notice("limit_50", "info")] });
    await user.click(await screen.findByRole("button", { name: "Close this notice" }));
    expect(screen.queryByText("About limit_50.")).toBeNull();
    api.on("GET /billing", { body: aBill({ month: "2026-12", notices: [notice("limit_50")] }) });
    window.dispatchEvent(new Event("visibilitychange"));
    expect(await screen.findByText("About limit_50.")).toBeVisible();
  });

  test("the gravest comes first, and can't be put away", async () => {
    given({ notices: [notice("limit_80"), notice("starts_blocked", "error")] });
    const [first] = await screen.findAllByText(/^About/);
    expect(first).toHaveTextContent("About starts_blocked.");
    expect(screen.getAllByRole("button", { name: "Close this notice" })).toHaveLength(1);
  });
});
