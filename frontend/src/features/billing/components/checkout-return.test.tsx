import { screen } from "@testing-library/react";
import { describe, expect, test, vi } from "vitest";
import { POLL_FAST_MS } from "@/config/polling";
import { aBill, aFreeBill } from "@/testing/billing-factories";
import { PLANS } from "@/testing/factories";
import { fakeApi } from "@/testing/fake-api";
import { show } from "@/testing/render";
import { useBilling } from "../api/get-billing";
import { CheckoutReturn } from "./checkout-return";

function Page() {
  return <CheckoutReturn billing={useBilling(60 * POLL_FAST_MS).data} plans={PLANS} />;
}

describe("coming back from Stripe", () => {
  test("after paying one waits until the plan is active, and hears of it", async () => {
    const api = fakeApi({ "GET /billing": { body: aFreeBill() } });
    show(<Page />, "/billing?checkout=done");
    expect(await screen.findByText("You have paid at Stripe.")).toBeVisible();
    api.on("GET /billing", { body: aBill() });
    expect(await screen.findByText("Your plan Researcher is active.")).toBeVisible();
  });

  test("a confirmation that takes long is explained", async () => {
    fakeApi({ "GET /billing": { body: aFreeBill() } });
    show(<Page />, "/billing?checkout=done");
    await screen.findByText("You have paid at Stripe.");
    expect(screen.queryByText(/longer than usual/)).toBeNull();
    const later = Date.now() + 31_000;
    vi.spyOn(Date, "now").mockReturnValue(later);
    expect(await screen.findByText(/you need not pay again/)).toBeVisible();
  });

  test("without paying nothing has changed, and the note can be closed", async () => {
    fakeApi({ "GET /billing": { body: aFreeBill() } });
    const user = show(<Page />, "/billing?checkout=canceled");
    expect(await screen.findByText(/nothing is charged/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Close this message" }));
    expect(screen.queryByText(/nothing is charged/)).toBeNull();
    expect(screen.getByRole("status", { name: "Address" })).toHaveTextContent(/^\/billing$/);
  });
});
