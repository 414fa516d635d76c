import { screen, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import type { Cluster, ClusterWorker } from "@/lib/api-models";
import { aCluster, anEndedCluster, aWorker } from "@/testing/cluster-factories";
import { page } from "@/testing/factories";
import { fakeApi } from "@/testing/fake-api";
import { show } from "@/testing/render";
import { ClusterPage } from "./cluster-page";

const POINTS = [
  { at: "2026-11-22T20:00:00Z", workers: 2 },
  { at: "2026-11-22T21:00:00Z", workers: 4 },
];

function given(cluster: Cluster) {
  const { id } = cluster;
  const api = fakeApi({
    [`GET /clusters/${id}`]: { body: cluster },
    [`GET /clusters/${id}/workers`]: page(aWorker()),
    [`GET /clusters/${id}/history`]: { body: { points: POINTS } },
    [`GET /clusters/${id}/logs`]: { body: { lines: [], next_cursor: null } },
  });
  return { api, id, user: show(<ClusterPage id={id} />) };
}

const region = async (name: string) => within(await screen.findByRole("region", { name }));

describe("a cluster's page", () => {
  test("tells what it costs and what bounds that", async () => {
    given(aCluster({ idle_minutes: 90, detached: true }));
    const cost = await region("Cost");
    expect(cost.getByText("$0.6336/h")).toBeVisible();
    expect(cost.getByText("2 vCPU, 8 GiB, $0.1584/h, by the second")).toBeVisible();
    expect(cost.getByText("After 1 h 30 min without work")).toBeVisible();
    expect(cost.getByText("It goes on: it is detached")).toBeVisible();
  });

  test("shows the workers over time, and the same as a table", async () => {
    given(anEndedCluster());
    const history = await region("Workers over time");
    expect(
      await history.findByText("At most 4 workers at once, 6.00 worker-hours in all."),
    ).toBeVisible();
    const rows = history.getAllByRole("row", { hidden: true });
    expect(rows.map(({ textContent }) => textContent)).toEqual([
      "FromForWorkers",
      expect.stringMatching(/1 h2$/),
      expect.stringMatching(/1 h4$/),
    ]);
  });

  test("counts its tasks, and leads to its dashboard, as long as it runs", async () => {
    given(aCluster());
    const tasks = await region("Tasks");
    expect(tasks.getByText("In work").closest("div")).toHaveTextContent("8");
    expect(screen.getByRole("link", { name: "Dashboard, in a new tab" })).toHaveAttribute(
      "href",
      "http://nb-01.localhost:8000/proxy/8787/status",
    );
  });

  test("says after its end why it ended, and how to load the results that were saved", async () => {
    given(anEndedCluster());
    expect(await screen.findByText(/Stopped at its budget/)).toHaveTextContent(
      "The next minute would have passed its budget of $5.",
    );
    expect(screen.getByText(/37 finished results \(12 MiB\)/)).toBeVisible();
    expect(screen.getByText('ramon.saved_results("grid")')).toBeVisible();
    expect(screen.queryByRole("region", { name: "Tasks" })).toBeNull();
    expect(screen.queryByRole("button", { name: "Stop grid" })).toBeNull();
  });

  test("tells what became of each worker", async () => {
    const { api, id } = given(aCluster());
    const end: ClusterWorker["end"] = {
      reason: "host_lost",
      message: "Its computer was taken away.",
    };
    api.on(`GET /clusters/${id}/workers`, page(aWorker({ state: "ended", attempt: 2, end })));
    const workers = await region("Workers");
    const row = await workers.findByRole("row", { name: /wk_01/ });
    expect(row).toHaveTextContent(/Ended, computer 2Its computer was taken away\./);
    expect(row).toHaveTextContent("1 h 58 min$0.3125");
  });

  test("reads the newest lines of every worker, each with its worker", async () => {
    const { api, id, user } = given(aCluster());
    const line = (worker: string, text: string) => ({ at: "2026-11-22T20:01:00Z", text, worker });
    api.on(`GET /clusters/${id}/logs`, ({ query }) =>
      query.get("cursor") === "20"
        ? { body: { lines: [line("wk_0000000003", "three")], next_cursor: null } }
        : {
            body: {
              lines: [line("wk_0000000001", "one"), line("wk_0000000002", "two")],
              next_cursor: "20",
            },
          },
    );
    const logs = await region("Logs");
    const row = (await logs.findByText("two")).closest("li");
    expect(row).toHaveTextContent(/000002two$/);
    await user.click(logs.getByRole("button", { name: "Show more workers" }));
    await logs.findByText("three");
    const rows = logs.getAllByRole("listitem").map(({ textContent }) => textContent);
    expect(rows.map((text) => text?.replace(/^.*000/, ""))).toEqual(["1one", "2two", "3three"]);
  });

  test("reads what the chosen worker wrote, the newest first, then what was before", async () => {
    const { api, id, user } = given(aCluster());
    const line = (text: string) => ({ at: "2026-11-22T20:01:00Z", text, worker: "wk_01" });
    api.on(`GET /clusters/${id}/logs`, ({ query }) => {
      if (query.get("worker") !== "wk_01") return { body: { lines: [], next_cursor: null } };
      const older = query.get("cursor") === "older";
      return {
        body: {
          lines: [line(older ? "installing" : "joined")],
          next_cursor: older ? null : "older",
        },
      };
    });
    const logs = await region("Logs");
    expect(await logs.findByText("Nothing has been written yet.")).toBeVisible();
    await user.click(await screen.findByRole("button", { name: "Logs of wk_01" }));
    expect(logs.getByRole("combobox", { name: "Worker" })).toHaveFocus();
    expect(await logs.findByText("joined")).toBeVisible();
    await user.click(logs.getByRole("button", { name: "Show older lines" }));
    await logs.findByText("installing");
    const rows = logs.getAllByRole("listitem").map(({ textContent }) => textContent);
    expect(rows.map((text) => text?.replace(/^[\d:]*/, ""))).toEqual(["installing", "joined"]);

    api.on(`GET /clusters/${id}/logs`, {
      body: { lines: [line("<b>done</b>")], next_cursor: null },
    });
    await user.click(logs.getByRole("button", { name: "Refresh" }));
    expect(await logs.findByText("<b>done</b>")).toBeVisible();
  });

  test("looks again at what belongs to it when it ends", async () => {
    const { api, id } = given(aCluster({ state: "stopping" }));
    await (await region("Workers")).findByText("Running");
    const end: ClusterWorker["end"] = {
      reason: "cluster_stopped",
      message: "The cluster was stopped.",
    };
    api.on(`GET /clusters/${id}/workers`, page(aWorker({ state: "ended", end })));
    api.on(`GET /clusters/${id}`, { body: anEndedCluster({ id }) });
    expect(await screen.findByText("The cluster was stopped.")).toBeVisible();
  });

  test("says that there is no such cluster", async () => {
    fakeApi({});
    show(<ClusterPage id="cl_09" />);
    expect(await screen.findByRole("heading", { name: "No such cluster" })).toBeVisible();
  });
});
