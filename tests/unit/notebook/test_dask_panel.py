"""JupyterLab's Dask panel in a real browser shows the dashboards of this notebook's clusters."""

from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from ops.setup import browser
from tests.unit.notebook.agent_client import REQUEST, ask
from tests.unit.notebook.fake_clusters import running
from tests.unit.notebook.fake_service import NOTEBOOK_HOST
from tests.unit.notebook.parts import HOST


def test_the_panel_finds_a_cluster_and_shows_its_dashboard(tmp_path: Path) -> None:
    with running(tmp_path) as agent, sync_playwright() as playwright:
        rules = f"MAP {NOTEBOOK_HOST} {agent.notebook.address}"
        chromium = playwright.chromium.launch(
            executable_path=browser.find(),
            args=["--no-sandbox", f"--host-resolver-rules={rules}"],
        )
        page = chromium.new_page()
        page.goto(f"http://{HOST}/ramon/enter?ticket={agent.service.issue_ticket()}")
        request = {**REQUEST, "name": "shown"}
        status, started = ask(agent.socket, "POST", "/clusters", request)
        assert status == 201, started
        page.get_by_role("tab", name="Dask").click(timeout=60_000)
        page.get_by_role("button", name="Task Stream", exact=True).click(timeout=60_000)
        frame = page.locator("iframe")
        dashboard = started["connection"]["dashboard_url"].removesuffix("/status")
        expect(frame).to_have_attribute("src", f"{dashboard}/individual-task-stream")
        plot = page.frame_locator("iframe").locator(".bk-Figure").first
        expect(plot).to_be_visible(timeout=60_000)
        expect(page.get_by_text("CLUSTERS", exact=True)).to_be_hidden()
        chromium.close()
        assert ask(agent.socket, "POST", "/clusters/shown/close", {})[0] == 200
