import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import type { Cluster } from "@/lib/api-models";
import { aCluster, anEndedCluster } from "@/testing/cluster-factories";
import { page } from "@/testing/factories";
import { fakeApi, refusal } from "@/testing/fake-api";
import { show } from "@/testing/render";
import { ClustersPage } from "./clusters-page";

function given(live: Cluster[], ended: Cluster[] = [], inPlan = true) {
  const api = fakeApi({
    "GET /clusters": ({ query }) =>
      query.get("state") === "live" ? page(...live) : page(...live, ...ended),
  });
  return { api, user: show(<ClustersPage inPlan={inPlan} />) };
}

const card = (name = "sweep") => screen.findByRole("article", { name });
const section = (name: string) => screen.findByRole("region", { name });

describe("the list of clusters", () => {
  test("says what each does, what it costs, and where it belongs", async () => {
    given([aCluster()]);
    const shown = await card();
    expect(shown).toHaveTextContent("4 workers, each 2 vCPU, 8 GiB$0.6336/h$1.25 so far");
    expect(within(shown).getByRole("link", { name: "Ocean temperatures" })).toHaveAttribute(
      "href",
      "/notebooks/nb_01",
    );
    expect(within(shown).getByRole("progressbar")).toHaveAccessibleName(
      "25 % of its budget of $5 is spent",
    );
  });

  test("counts what a running one costs", async () => {
    const price = { worker_usd_hour: "9", usd_hour: "36.00", now_usd_hour: "36.00" };
    given([aCluster({ price, spent_usd: "0.310000" })]);
    const shown = within(await card()).getByText(/^\$0\.\d\d$/);
    const before = shown.textContent;
    await waitFor(() => expect(shown).not.toHaveTextContent(before), { timeout: 4_000 });
  });

  test("shows the live ones first, and then those that have ended, with the reason", async () => {
    given([aCluster()], [anEndedCluster()]);
    expect(within(await section("Ended clusters")).queryByText("sweep")).toBeNull();
    expect(within(await section("Live clusters")).queryByText("grid")).toBeNull();
    const ended = await card("grid");
    expect(ended).toHaveTextContent(/Stopped at its budget .*The next minute would have passed/);
    expect(within(ended).queryByRole("button")).toBeNull();
  });

  test("tells in the service's words what keeps one from starting, and what it will cost", async () => {
    const message = "Your cluster is second in line for a place. It goes on by itself.";
    given([
      aCluster({
        state: "starting",
        workers: { wanted: 4, pending: 3, starting: 1, running: 0 },
        price: { worker_usd_hour: "0.1584", usd_hour: "0.6336", now_usd_hour: "0" },
        problem: { code: "waiting_for_place", message },
      }),
    ]);
    const shown = await card();
    expect(within(shown).getByRole("note")).toHaveTextContent(message);
    expect(shown).toHaveTextContent("1 starting, 3 waiting for a computer…");
    expect(shown).toHaveTextContent("0 of 4 workers, each 2 vCPU, 8 GiB");
    expect(shown).toHaveTextContent("$0.6336/h once all workers run");
  });

  test("asks before it stops one, and says what is lost and what stays", async () => {
    const { api, user } = given([aCluster()]);
    api.on("POST /clusters/cl_01/stop", { body: aCluster({ state: "stopping" }) });
    await user.click(await screen.findByRole("button", { name: "Stop sweep" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Stop sweep?" }));
    expect(
      dialog.getByText(/20 unfinished tasks and 30 results that its workers hold/),
    ).toBeVisible();
    expect(dialog.getByText(/The notebook “Ocean temperatures” runs on/)).toBeVisible();
    expect(api.requests("POST /clusters/cl_01/stop")).toEqual([]);

    await user.click(dialog.getByRole("button", { name: "Stop the cluster" }));
    expect(await within(await card()).findByText("Stopping")).toBeVisible();
    expect(await screen.findByText("Cluster sweep is stopping.")).toBeInTheDocument();
  });

  test("shows a refusal on the card where it happened", async () => {
    const { api, user } = given([aCluster()]);
    api.on("POST /clusters/cl_01/stop", refusal(409, "conflict", "Try again in a moment."));
    await user.click(await screen.findByRole("button", { name: "Stop sweep" }));
    await user.click(await screen.findByRole("button", { name: "Stop the cluster" }));
    expect(await within(await card()).findByRole("alert")).toHaveTextContent("Try again");
  });

  test("teaches when there has never been one, with lines that can be copied", async () => {
    const { user } = given([]);
    const empty = within(await section("When one machine is too slow"));
    await user.click(empty.getByRole("button", { name: "Copy: A cluster in three lines" }));
    await expect(navigator.clipboard.readText()).resolves.toMatch(
      /^import random\nimport ramon\n\ndef simulate[\s\S]*\nwith ramon\.Cluster/,
    );
    expect(empty.getByRole("link", { name: "How clusters work" })).toHaveAttribute(
      "href",
      "/clusters/guide",
    );
    expect(empty.queryByRole("link", { name: "Compare plans" })).toBeNull();
  });

  test("leads to the plans where one's own has no clusters", async () => {
    given([], [], false);
    expect(await screen.findByRole("link", { name: "Compare plans" })).toHaveAttribute(
      "href",
      "/plans",
    );
  });
});
