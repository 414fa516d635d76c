"""What JupyterLab's page tells its person, in a real browser."""

import json
import re
import zipfile
from functools import partial
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.support import eventually
from tests.unit.notebook.conftest import Chromium, Start
from tests.unit.notebook.fake_service import FakeService
from tests.unit.notebook.lab import enter, run
from tests.unit.notebook.parts import HOST, OPEN_URL, notebook_json
from tests.unit.notebook.test_packages import a_wheel

INSTALL = "%pip install -q --no-index dist/shownparts-1.0-py3-none-any.whl"


def told(page: Page, text: str) -> None:
    expect(page.get_by_text(re.compile(text)).first).to_be_visible(timeout=60_000)


def _refused(page: Page, answers: list[str], path: str) -> bool:
    page.title()  # so that its events come in
    return any(answer.startswith("403") and path in answer for answer in answers)


def test_a_page_tells_of_parts_that_a_reload_shows_and_of_those_that_are_broken(
    service: FakeService, start: Start, chromium: Chromium, tmp_path: Path
) -> None:
    wheel = a_wheel(tmp_path, "shownparts")
    with zipfile.ZipFile(wheel, "a") as archive:
        part = "shownparts-1.0.data/data/share/jupyter/labextensions/shownparts/package.json"
        build = {"_build": {"load": "static/x.js"}}
        about = {"name": "shownparts", "version": "1.0", "jupyterlab": build}
        archive.writestr(part, json.dumps(about))
    service.put_file("dist/shownparts-1.0-py3-none-any.whl", wheel.read_bytes())
    service.put_file("a.ipynb", notebook_json(INSTALL, "'no parts here'"))
    notebook = start(BIND_ADDRESS=chromium.address)
    parts = notebook.home / ".ramon/env/share/jupyter/labextensions"
    with chromium.browsing() as context:
        page = enter(context, service)
        run(page, 1)
        expect(page.get_by_text("no parts here").nth(1)).to_be_visible()
        assert not page.get_by_text("after a reload").count()
        run(page, 0)
        told(page, r"Installed parts of this page \(shownparts\) are shown after a reload")
        for name, text in [("broken", "{"), ("nameless", "{}"), ("odd", "[]"), ("@a/b", "{")]:
            (parts / name).mkdir(parents=True)
            (parts / name / "package.json").write_text(text)
        page.get_by_role("button", name="Reload the page").click()
        told(page, "broken and left out: broken, nameless, odd, @a/b")
        expect(page.locator(".jp-CodeCell").first).to_be_visible(timeout=60_000)
        run(page, 0)
        expect(page.get_by_text("| Idle")).to_be_visible(timeout=60_000)
        assert not page.get_by_text("after a reload").count()


def test_an_open_page_tells_why_its_notebook_does_not_answer(
    service: FakeService, start: Start, chromium: Chromium
) -> None:
    service.put_file("a.ipynb", notebook_json("1"))
    message = "This notebook crashed. JupyterLab ended while it was running."
    error = {"error": {"code": "notebook_failed", "message": message, "details": {}}}

    def gateway(route: Route) -> None:
        headers = {"X-Ramon-Gateway": "notebook_failed"}
        route.fulfill(status=503, json=error, headers=headers)

    start(BIND_ADDRESS=chromium.address)
    with chromium.browsing() as context:
        page = enter(context, service)
        page.route("**/*", gateway)  # no script can be loaded any more either
        told(page, "This notebook crashed. What you change here is not saved meanwhile")
        assert not page.get_by_text("Server Connection Error").count()
        with context.expect_page() as opened:
            page.get_by_role("button", name="Open the notebook").click()
        assert opened.value.url == OPEN_URL or opened.value.url.startswith("chrome-error")
        page.route("**/api/status", lambda route: route.fulfill(status=503))
        told(page, "The service does not answer")
        page.unroute("**/api/status")
        page.route("**/api/status", lambda route: route.fulfill(status=403))
        page.unroute("**/*")
        told(page, "This notebook was started again")
        page.unroute("**/api/status")
        expect(page.get_by_text("This notebook was started again")).to_have_count(0, timeout=60_000)


def test_a_page_that_stayed_open_goes_on_in_its_notebook_that_was_started_again(
    service: FakeService, start: Start, chromium: Chromium
) -> None:
    service.put_file("a.ipynb", notebook_json("x = 1", "'sum', 41"))
    first = start(BIND_ADDRESS=chromium.address)
    with chromium.browsing() as context:
        page = enter(context, service)
        first.process.kill()
        told(page, "This page has no connection")
        page.locator(".jp-CodeCell .cm-content").nth(1).click()
        page.keyboard.press("End")
        page.keyboard.type(" + 1")
        answers: list[str] = []
        page.on("response", lambda answer: answers.append(f"{answer.status} {answer.url}"))
        service.ready.clear()
        second = start(BIND_ADDRESS=first.address)
        told(page, "This notebook was started again")
        page.keyboard.press("Control+s")
        eventually(partial(_refused, page, answers, "/api/contents/a.ipynb"))
        assert not page.locator(".jp-Dialog").count()
        context.new_page().goto(f"http://{HOST}/ramon/enter?ticket={service.issue_ticket()}")
        expect(page.get_by_text("This notebook was started again")).to_have_count(0, timeout=60_000)
        eventually(lambda: b"41 + 1" in (second.workspace / "a.ipynb").read_bytes())
        expect(page.get_by_text("No Kernel").first).to_be_visible(timeout=60_000)
        run(page, 1)
        expect(page.get_by_text("('sum', 42)")).to_be_visible(timeout=60_000)
        assert not page.locator(".jp-Dialog").count()
