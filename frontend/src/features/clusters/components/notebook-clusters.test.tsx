import { screen, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { aCluster } from "@/testing/cluster-factories";
import { show } from "@/testing/render";
import { NotebookClusters } from "./notebook-clusters";

describe("a notebook's clusters, on its page", () => {
  test("are listed with what each costs, and can be stopped", () => {
    show(<NotebookClusters clusters={[aCluster()]} startable />);
    const panel = within(screen.getByRole("region", { name: "Clusters" }));
    expect(panel.getByText(/4 workers · .* so far/)).toHaveTextContent("$0.6336/h · $1.25 so far");
    expect(panel.getByRole("link", { name: "sweep" })).toHaveAttribute("href", "/clusters/cl_01");
    expect(panel.getByRole("button", { name: "Stop sweep" })).toBeVisible();
  });

  test("are hinted at while there are none and one could be started, and not otherwise", () => {
    show(<NotebookClusters clusters={[]} startable />);
    expect(screen.getByText(/Too slow\?/)).toBeVisible();
    show(<NotebookClusters clusters={[]} startable={false} />);
    expect(screen.getAllByText(/Too slow/)).toHaveLength(1);
  });
});
