"""A full account goes on saving, and a page says what takes the room, in a browser."""

import re
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from localcloud.testing import LocalCloud
from tests.browser.conftest import on_a_phone_in_the_dark, picture, sign_in, violations
from tests.browser.test_history import saves, write
from tests.people import NotebookOf, Person, Visit
from tests.support import eventually

MIB = 1024**2
ROOM = 5 * 1024 * MIB
"""What the free plan has room for."""
LEFT = MIB


def save(notebook: NotebookOf, visit: Visit, letter: str) -> None:
    """Overwrite a file of 1 MiB, and wait until that is saved."""
    before = saves(notebook)
    write(visit, "results.csv", letter * MIB)
    eventually(lambda: saves(notebook) > before, every=0.5)  # requests a minute are limited


def fill_up(cloud: LocalCloud, person: Person) -> None:
    """Count files of notebooks that are not there, until the account is nearly full."""
    left = ROOM - LEFT - person.ask("GET", "/storage").json()["notebooks_bytes"]
    cloud.client("dynamodb").update_item(
        TableName="ramon-local-byte_counters",
        Key={"account_id": {"S": person.ask("GET", "/me").json()["id"]}},
        UpdateExpression="ADD held :bytes, moment :moment",
        ExpressionAttributeValues={
            ":bytes": {"N": str(left)},
            ":moment": {"N": str(left * int(time.time()))},
        },
    )


@pytest.mark.timeout(300)
def test_a_full_account_goes_on_saving(page: Page, browser: Browser, cloud: LocalCloud) -> None:
    with Person(cloud, "mary") as person:
        notebook = person.create("Symmetries")
        notebook.start()
        visit = notebook.enter()
        for letter in "abc":
            save(notebook, visit, letter)
        fill_up(cloud, person)
        before = person.ask("GET", "/storage").json()
        assert before["history_bytes"] >= 2 * MIB
        assert before["total_bytes"] > ROOM

        save(notebook, visit, "d")
        save(notebook, visit, "e")

        def stored() -> dict[str, int]:
            return dict(person.ask("GET", "/storage").json())

        # A save is there a moment before the history that it drops.
        eventually(lambda: stored()["history_bytes"] < before["history_bytes"], every=0.5)
        # The list of files, which is counted too, may be shorter by some bytes.
        assert stored()["notebooks_bytes"] > ROOM - 2 * LEFT
        assert notebook.now["workspace"]["error"] is None
        notebook.stop()

    sign_in(page, "Mary Somerville")
    page.get_by_role("button", name="Account of Mary Somerville").click()
    page.get_by_role("menuitem", name="Storage").click()
    expect(page.get_by_role("heading", name="Storage", exact=True)).to_be_visible()
    expect(page.get_by_text("Your plan is full. Saving goes on")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^Notebooks"))).to_contain_text("GiB")
    picture(page, "storage")
    assert violations(page) == []
    on_a_phone_in_the_dark(
        page,
        browser,
        cloud,
        "storage-phone",
        lambda small: expect(small.get_by_text("All together")).to_be_visible(),
    )
