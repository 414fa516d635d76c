"""The story of a cluster, as a person lives it in JupyterLab and on the pages beside it."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from localcloud.testing import LocalCloud
from tests.browser.conftest import picture, run_cell, sign_in, violations
from tests.people import Person

BOOT = """import ramon

def simulate(seed):
    import random
    return sum(random.Random(seed).random() < 0.5 for _ in range(1000))

cluster = ramon.Cluster(n_workers=2, cpu=1, memory="1 GiB", budget="$5", name="walks")
heads = list(cluster.map(simulate, range(200)))
print("tosses:", len(heads))
"""
ASK = "cluster.submit(sum, [1, 2])"


@pytest.mark.timeout(300)
def test_a_cluster_shows_its_price_first_and_is_stopped_from_its_page(
    page: Page, context: BrowserContext, cloud: LocalCloud
) -> None:
    with Person(cloud, "grace") as grace:
        grace.subscribe("lab")
        notebook = grace.create("Coin tosses")
        notebook.start()
    sign_in(page, "Grace Hopper")
    page.goto(f"/notebooks/{notebook.id}")
    with context.expect_page() as opened:
        page.get_by_role("link", name=re.compile("^Open")).first.click()
    lab = opened.value
    lab.wait_for_url("**/lab/**")
    expect(lab.get_by_role("button", name="Python 3 (ipykernel) | Idle")).to_be_visible()

    run_cell(lab, BOOT)
    expect(lab.get_by_text("0 of 2 workers").and_(lab.get_by_text("an hour"))).to_be_visible()
    picture(lab, "cluster-starting")
    expect(lab.get_by_text("tosses: 200")).to_be_visible(timeout=90_000)
    picture(lab, "cluster-cell")
    lab.reload()  # the next page has the widget with its button, not a picture of it
    expect(lab.get_by_role("button", name="Stop the cluster")).to_be_visible()

    page.goto("/clusters")
    expect(page.get_by_role("link", name="walks")).to_be_visible()
    picture(page, "clusters")
    page.get_by_role("link", name="walks").click()
    expect(page.get_by_role("heading", name="walks", level=1)).to_be_visible()
    expect(page.get_by_text("2 workers").first).to_be_visible()
    picture(page, "cluster")
    assert violations(page) == []
    page.get_by_role("button", name=re.compile("^Stop")).click()
    page.get_by_role("dialog").get_by_role("button", name="Stop the cluster").click()
    # While it stops, and once it has: a busy machine shows the page only one of them.
    expect(page.get_by_text(re.compile("You stopped it|Stopped by you")).first).to_be_visible()

    # Its kernel hears of it a moment later.
    shown = lab.get_by_role("region", name="Cluster walks").get_by_role("status")
    expect(shown.first).to_have_text("stopped")
    run_cell(lab, ASK)
    expect(lab.get_by_text(re.compile("ClusterStopped.*You stopped it")).first).to_be_visible()
