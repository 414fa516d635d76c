import { screen, waitFor } from "@testing-library/react";
import { describe, expect, test, vi } from "vitest";
import { aBill } from "@/testing/billing-factories";
import { fakeApi, refusal } from "@/testing/fake-api";
import { show } from "@/testing/render";
import { LimitDialog } from "./limit-dialog";

function given() {
  const api = fakeApi({
    "PUT /billing/limit": { body: aBill({ limit_usd: "80.00", version: 8 }) },
  });
  const onClose = vi.fn();
  const user = show(<LimitDialog billing={aBill()} opened onClose={onClose} />);
  return { api, user, onClose };
}

const field = () => screen.findByLabelText("Dollars a month, beyond the plan");

describe("the monthly limit", () => {
  test("is set, based on the bill that was on the screen", async () => {
    const { api, user, onClose } = given();
    await user.clear(await field());
    await user.type(await field(), "80");
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(onClose).toHaveBeenCalled());
    const [request] = api.requests("PUT /billing/limit");
    expect(request?.body).toEqual({ limit_usd: "80.00" });
    expect(request?.headers.get("If-Match")).toBe('"7"');
  });

  test("is removed", async () => {
    const { api, user, onClose } = given();
    await user.click(await screen.findByRole("button", { name: "Remove the limit" }));
    await waitFor(() => expect(onClose).toHaveBeenCalled());
    expect(api.requests("PUT /billing/limit")[0]?.body).toEqual({ limit_usd: null });
  });

  test("is not sent as long as it is no amount", async () => {
    const { api, user } = given();
    await user.clear(await field());
    await user.type(await field(), "1,50");
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await field()).toHaveAccessibleDescription(/dollars and cents, such as 25 or 12.50/);
    expect(api.seen).toEqual([]);
  });

  test("is saved all the same if something else of the bill has changed meanwhile", async () => {
    const { api, user, onClose } = given();
    api.on("GET /billing", { body: aBill({ version: 8 }) });
    api.on("PUT /billing/limit", ({ headers }) =>
      headers.get("If-Match") === '"8"'
        ? { body: aBill({ version: 9 }) }
        : refusal(412, "version_mismatch"),
    );
    await user.click(await screen.findByRole("button", { name: "Save" }));
    await waitFor(() => expect(onClose).toHaveBeenCalled());
  });

  test("that was changed elsewhere is not overwritten unasked", async () => {
    const { api, user, onClose } = given();
    const elsewhere = aBill({ version: 8, limit_usd: "10.00" });
    api.on("GET /billing", { body: elsewhere });
    api.on("PUT /billing/limit", ({ headers }) =>
      headers.get("If-Match") === '"8"' ? { body: elsewhere } : refusal(412, "version_mismatch"),
    );
    await user.click(await screen.findByRole("button", { name: "Save" }));
    expect(await screen.findByText(/changed elsewhere meanwhile: now it is \$10/)).toBeVisible();
    expect(onClose).not.toHaveBeenCalled();
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(onClose).toHaveBeenCalled());
  });
});
