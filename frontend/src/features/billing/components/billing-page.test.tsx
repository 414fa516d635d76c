import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Billing } from "@/lib/api-models";
import { goTo } from "@/lib/leave";
import { aBill, aFreeBill, aMonth, anInvoice, anUpcoming, aRun } from "@/testing/billing-factories";
import { PLANS, page } from "@/testing/factories";
import { fakeApi, refusal } from "@/testing/fake-api";
import { show } from "@/testing/render";
import { BillingPage } from "./billing-page";

vi.mock("@/lib/leave", () => ({ goTo: vi.fn() }));

beforeEach(() => vi.mocked(goTo).mockClear());

function given(bill: Billing, path = "/billing") {
  const api = fakeApi({
    "GET /billing": { body: bill },
    "GET /billing/usage": { body: aMonth() },
    "GET /billing/upcoming": { body: anUpcoming() },
    "GET /billing/invoices": page(anInvoice()),
  });
  const user = show(<BillingPage plans={PLANS} since="2026-09-20T10:00:00Z" />, path);
  return { api, user };
}

const region = (name: string) => screen.findByRole("region", { name });
const address = () => screen.getByRole("status", { name: "Address" });

describe("the bill", () => {
  test("says which plan, how it stands, and when it goes on", async () => {
    given(aBill());
    expect(await region("Plan")).toHaveTextContent("Researcher$29 a month");
    expect(await region("Plan")).toHaveTextContent("Renews on 1 Dec 2026.");
  });

  test("of a free plan teaches what there would be, and asks for no invoice", async () => {
    const { api } = given(aFreeBill());
    api.on("GET /billing/usage", {
      body: aMonth({ amount_usd: "0.000000", meters: [], resources: [], days: [], cells: [] }),
    });
    expect(await region("Plan")).toHaveTextContent("nothing is charged and no card is needed");
    expect(screen.getByRole("link", { name: "Compare plans" })).toHaveAttribute("href", "/plans");
    expect(await screen.findByText("Nothing ran in November 2026.")).toBeVisible();
    expect(api.requests("GET /billing/upcoming")).toEqual([]);
  });

  test("shows the month by what it was for and by what was counted", async () => {
    given(aBill());
    const usage = within(await region("Usage"));
    const what = within(await usage.findByRole("region", { name: "What it was for" }));
    expect(what.getByRole("row", { name: "Ocean temperatures 1 d 1 h $1.8812" })).toBeVisible();
    const counted = within(usage.getByRole("region", { name: "What was counted" }));
    expect(
      counted.getByRole("row", {
        name: "ProcessorvCPU-seconds 200,000 100,000 100,000 $1.4000",
      }),
    ).toBeVisible();
    expect(usage.getByText("Together $1.91. Most on 1 Nov: $1.50.")).toBeVisible();
    expect(usage.getByText("$1.91 in all, of a limit of $50, the dashed line.")).toBeVisible();
  });

  test("every plot has its numbers as a table, split as the plot is", async () => {
    const { user } = given(aBill());
    const usage = within(await region("Usage"));
    const days = within(await usage.findByRole("figure", { name: "Each day" }));
    await user.click(days.getByText("The same as a table"));
    expect(days.getByRole("row", { name: "1 Nov $1.1000 $0.4000 $1.5000" })).toBeVisible();
    await user.click(days.getByRole("radio", { name: "By notebook" }));
    expect(days.getByRole("columnheader", { name: "Sea ice" })).toBeVisible();
    expect(days.getByRole("row", { name: "3 Nov $0.3812 $0.0300 $0.4112" })).toBeVisible();
  });

  test("another month is asked for, and can be had as a file", async () => {
    const { api, user } = given(aBill());
    api.on("GET /billing/usage", ({ query }) => ({
      body: aMonth({ month: query.get("month") ?? "" }),
    }));
    await user.selectOptions(await screen.findByLabelText("Month"), "September 2026");
    expect(
      await screen.findByRole("link", { name: "Download September 2026 as CSV" }),
    ).toHaveAttribute("href", "/api/billing/usage.csv?month=2026-09");
    expect(await screen.findByText("$1.91 in all.")).toBeVisible();
    expect(address()).toHaveTextContent("/billing?month=2026-09");
  });

  test("shows the next invoice, and that it has what was used", async () => {
    given(aBill());
    const next = within(await region("Next invoice"));
    expect(await next.findByRole("row", { name: "Processor 97,500 $1.37" })).toBeVisible();
    expect(next.queryByText(/Graphics processor/)).toBeNull();
    expect(next.getByRole("row", { name: /On 1 Dec 2026, as it stands \$30.86/ })).toBeVisible();
    expect(next.getByText(/\$0.05 of the running hour is not there yet/)).toBeVisible();
    expect(await next.findByText(/The first two make up the third/)).toBeVisible();
  });

  test("says so when the invoice lacks what was used", async () => {
    const { api } = given(aBill());
    api.on("GET /billing/upcoming", { body: anUpcoming({ unsent_usd: "0.00" }) });
    expect(await screen.findByText(/do not make up the third/)).toBeVisible();
  });

  test("lists what runs, what an hour of all of it costs, and counts on", async () => {
    const included = aRun({
      use_id: "srv_02",
      resource_id: "nb_02",
      name: "Sea ice",
      rate_usd_hour: "0.0000",
      spent_usd: "0.000000",
      included: true,
    });
    const fast = aRun({ rate_usd_hour: "3600.00", spent_usd: "1.000000" });
    given(aBill({ running: [fast, included], rate_usd_hour: "3600.00" }));
    const running = within(await region("Running now"));
    expect(running.getByRole("row", { name: /^Sea ice .* included \$0.0000$/ })).toBeVisible();
    expect(running.getByRole("row", { name: /^Together .*\$3,600/ })).toBeVisible();
    await waitFor(() =>
      expect(running.getByRole("row", { name: /^Ocean/ })).toHaveTextContent(/\$[2-9]\.\d{4}$/),
    );
  });

  test("lists invoices with the way to each", async () => {
    given(aBill());
    const invoices = within(await region("Invoices"));
    expect(await invoices.findByText("1 Nov 2026: $31.88")).toBeVisible();
    expect(
      invoices.getByRole("link", { name: "PDF of the invoice of 1 Nov 2026" }),
    ).toHaveAttribute("href", "https://stripe.example/i/in_01.pdf");
  });

  test("leads to Stripe for the card", async () => {
    const { api, user } = given(aBill());
    api.on("POST /billing/portal", { status: 201, body: { url: "https://stripe.example/p" } });
    await user.click(await screen.findByRole("button", { name: "Card and address" }));
    await waitFor(() => expect(goTo).toHaveBeenCalledWith("https://stripe.example/p"));
  });

  test("an unpaid plan says what to do, with the button for it", async () => {
    given(aBill({ status: "unpaid" }));
    expect(await region("Plan")).toHaveTextContent("It is not paid, so no notebook can be started");
    expect(screen.getByRole("button", { name: "Pay at Stripe" })).toBeVisible();
  });

  test("says what went wrong, and tries again", async () => {
    const { api, user } = given(aBill());
    api.on("GET /billing/upcoming", refusal(409, "stripe_down", "Stripe does not answer."));
    const next = within(await region("Next invoice"));
    expect(await next.findByRole("alert")).toHaveTextContent("Stripe does not answer.");
    api.on("GET /billing/upcoming", { body: anUpcoming() });
    await user.click(next.getByRole("button", { name: "Try again" }));
    expect(await next.findByText("Researcher, December")).toBeVisible();
  });
});
