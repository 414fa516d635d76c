import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test, vi } from "vitest";
import { leaveFor } from "@/lib/leave";
import { anAccount, page } from "@/testing/factories";
import { fakeApi } from "@/testing/fake-api";
import { show } from "@/testing/render";
import { AccountPage } from "./account-page";

vi.mock("@/lib/leave", () => ({ leaveFor: vi.fn() }));

const TOKEN = {
  id: "tok_01",
  name: "Nightly",
  scopes: ["notebooks:read"],
  created_at: "2026-11-22T20:00:00Z",
  last_used_at: null,
  expires_at: null,
};

const SESSION = {
  id: "ses_01",
  current: true,
  created_at: "2026-11-22T20:00:00Z",
  last_seen_at: "2026-11-22T20:00:00Z",
  user_agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
};

function visit() {
  const api = fakeApi({
    "GET /me/sessions": page(SESSION, { ...SESSION, id: "ses_02", current: false }),
    "GET /me/tokens": page(),
  });
  return { api, user: show(<AccountPage account={anAccount()} planWords="Plan Researcher" />) };
}

describe("the account's page", () => {
  test("shows a new token once, and never again after that", async () => {
    const { api, user } = visit();
    api.on("POST /me/tokens", () => {
      api.on("GET /me/tokens", page(TOKEN));
      return { status: 201, body: { ...TOKEN, token: "rmn_secret" } };
    });
    await user.click(await screen.findByRole("button", { name: "New token" }));
    const dialog = within(await screen.findByRole("dialog", { name: "New API token" }));
    await user.type(dialog.getByLabelText("Name"), "Nightly");
    await user.click(dialog.getByRole("button", { name: "Create token" }));
    expect(await screen.findByDisplayValue("rmn_secret")).toBeVisible();
    expect(api.requests("POST /me/tokens")[0]?.body).toEqual({
      name: "Nightly",
      scopes: ["notebooks:read"],
      expires_in_days: 90,
    });
    await user.click(screen.getByRole("button", { name: "Done" }));
    expect(await screen.findByRole("button", { name: "Revoke Nightly" })).toBeVisible();
    await waitFor(() => expect(screen.queryByDisplayValue("rmn_secret")).toBeNull());
  });

  test("a token needs a name and a right", async () => {
    const { api, user } = visit();
    await user.click(await screen.findByRole("button", { name: "New token" }));
    await user.click(await screen.findByRole("checkbox", { name: "See notebooks" }));
    await user.click(screen.getByRole("button", { name: "Create token" }));
    expect(screen.getByText("Name it after what will use it.")).toBeVisible();
    expect(screen.getByText("Choose at least one.")).toBeVisible();
    expect(api.requests("POST /me/tokens")).toEqual([]);
  });

  test("another browser is signed out, and this one stays", async () => {
    const { api, user } = visit();
    api.on("DELETE /me/sessions/ses_02", () => {
      api.on("GET /me/sessions", page(SESSION));
      return {};
    });
    const buttons = await screen.findAllByRole("button", { name: "Sign out Firefox on Linux" });
    await user.click(buttons[1] as HTMLElement);
    await waitFor(() =>
      expect(screen.getAllByRole("button", { name: /^Sign out Fire/ })).toHaveLength(1),
    );
    expect(leaveFor).not.toHaveBeenCalled();
  });

  test("signing out everywhere leads to the landing page", async () => {
    const { api, user } = visit();
    api.on("POST /auth/sign-out-everywhere", {});
    await user.click(await screen.findByRole("button", { name: "Sign out everywhere" }));
    await waitFor(() => expect(leaveFor).toHaveBeenCalledWith("/"));
  });
});
