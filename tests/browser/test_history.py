"""A file that was overwritten is looked at and restored, in a browser."""

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from localcloud.testing import LocalCloud
from tests.browser.conftest import on_a_phone_in_the_dark, picture, sign_in, violations
from tests.people import NotebookOf, Person, Visit
from tests.support import eventually


def write(visit: Visit, path: str, content: str) -> None:
    body = json.dumps({"type": "file", "format": "text", "content": content})
    answer = visit.request("PUT", f"/api/contents/{path}", content=body)
    assert answer.status_code in (200, 201), answer.text


def saves(notebook: NotebookOf) -> int:
    """The number of the newest version."""
    items = notebook.ask("GET", "/snapshots").json()["items"]
    return int(items[0]["seq"])


@pytest.mark.timeout(240)
def test_a_file_that_was_overwritten_an_hour_ago_is_looked_at_and_restored(
    page: Page, browser: Browser, cloud: LocalCloud
) -> None:
    with Person(cloud, "grace") as person:
        notebook = person.create("Measurements")
        notebook.start()
        visit = notebook.enter()
        before = saves(notebook)
        write(visit, "results.csv", "day,value\n1,42\n")
        eventually(lambda: saves(notebook) > before, every=0.5)
        # Within one hour only the last version would be kept.
        notebook.stop()
        cloud.advance(3600)
        notebook.start()
        visit = notebook.enter()
        before = saves(notebook)
        write(visit, "results.csv", "spoiled")
        eventually(lambda: saves(notebook) > before, every=0.5)
        notebook.stop()
    cloud.advance(3600)

    sign_in(page, "Grace Hopper")
    page.get_by_role("link", name="Measurements").first.click()
    page.get_by_role("link", name="Earlier versions").click()
    expect(page.get_by_role("heading", name="History of Measurements")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="1 h ago").first).to_be_visible()
    rows = page.get_by_role("listitem").filter(has_text=re.compile(r"\d added"))
    rows.last.get_by_role("button", name=re.compile("^Look at the version")).click()
    page.get_by_role("button", name="Look at results.csv").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("day,value")).to_be_visible()
    picture(page, "history-file")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    picture(page, "history")
    assert violations(page) == []

    page.get_by_role("button", name="Restore results.csv").click()

    # The save that spoiled the file changed one, and so does the restore.
    expect(page.get_by_role("listitem").filter(has_text="1 changed")).to_have_count(2)
    page.reload()
    page.get_by_role("button", name=re.compile("^Look at the version")).first.click()
    page.get_by_role("button", name="Look at results.csv").first.click()
    expect(page.get_by_role("dialog").get_by_text("day,value")).to_be_visible()

    def look(small: Page) -> None:
        small.get_by_role("button", name=re.compile("^Look at the version")).first.click()
        expect(small.get_by_role("button", name="Look at results.csv").first).to_be_visible()

    on_a_phone_in_the_dark(page, browser, cloud, "history-phone", look)
