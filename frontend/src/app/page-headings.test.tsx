import { screen } from "@testing-library/react";
import { describe, expect, test, vi } from "vitest";
import SignedInLayout from "@/app/signed-in-layout";
import { ClusterPage } from "@/features/clusters/components/cluster-page";
import { NotebookPage } from "@/features/notebooks/components/notebook-page";
import { OpenPage } from "@/features/notebooks/components/open-page";
import { fakeApi, refusal } from "@/testing/fake-api";
import { show } from "@/testing/render";

const PAGES = [
  ["one cluster", <ClusterPage key="c" id="cl_01" />, "GET /clusters/cl_01"],
  ["one notebook", <NotebookPage key="n" id="nb_01" sizes={[]} />, "GET /notebooks/nb_01"],
  ["the way into a notebook", <OpenPage key="o" id="nb_01" sizes={[]} />, "GET /notebooks/nb_01"],
  ["somebody who is signed in", <SignedInLayout key="s" />, "GET /me"],
] as const;

describe.each(PAGES)("the page of %s has a heading", (_, page, operation) => {
  test("while it waits for its data", () => {
    vi.stubGlobal("fetch", () => new Promise(() => undefined));
    show(page);
    expect(screen.getByRole("heading", { level: 1 })).toBeVisible();
    expect(screen.getByRole("status", { name: /^Loading/ })).toBeVisible();
  });

  test("when its data can't be had", async () => {
    fakeApi({ [operation]: refusal(400, "bad_request") });
    show(page);
    expect(await screen.findByRole("button", { name: "Try again" })).toBeVisible();
    expect(screen.getByRole("heading", { level: 1 })).toBeVisible();
  });
});
