import { render, screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, test } from "vitest";
import { aNotebook, anAccount, CATALOGUE, page } from "@/testing/factories";
import { fakeApi, refusal } from "@/testing/fake-api";
import { App } from "./app";

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
