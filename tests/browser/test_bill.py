"""The story of a bill, as a person lives it in a browser: from the free plan to a paid invoice."""

import re
from datetime import datetime

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from localcloud.testing import LocalCloud
from tests.browser.conftest import picture, sign_in, violations

HOUR = 3600
ALONE = 25 * 60
"""Seconds; less than the time after which a notebook is idle."""
DECLINED, GOOD = "4000 0000 0000 0002", "4242 4242 4242 4242"


def _pay(page: Page, card: str) -> None:
    page.get_by_label("Card number").fill(card)
    page.get_by_label("Expires").fill("12/99")
    page.get_by_label("Security code").fill("123")
    page.get_by_label("Name on card").fill("Emmy Noether")
    page.get_by_role("button", name="Subscribe").click()


def _run(cloud: LocalCloud, page: Page) -> None:
    """Start a notebook of the largest size, leave it alone for a while, and stop it."""
    page.goto("/notebooks")
    page.get_by_role("button", name=re.compile("^(Create your first|New) notebook")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Overnight walks")
    dialog.get_by_text("Extra large", exact=True).click()
    dialog.get_by_role("button", name="Create notebook").click()
    page.get_by_role("button", name="Start Overnight walks").click()
    expect(page.get_by_role("link", name=re.compile("^Open"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"an hour|so far")).first).to_be_visible()
    picture(page, "cost")
    cloud.advance(ALONE)
    page.goto("/billing")
    expect(page.get_by_text("Overnight walks").first).to_be_visible()
    picture(page, "running")
    page.goto("/notebooks")
    page.get_by_role("button", name="Stop Overnight walks").first.click()
    expect(page.get_by_text(re.compile("Stopped by you|Stopped")).first).to_be_visible()


@pytest.mark.timeout(600)
def test_from_the_free_plan_to_a_paid_invoice(cloud: LocalCloud, context: BrowserContext) -> None:
    # The clock goes a month ahead, and stays there for the stories that come after this one.
    cloud.leave_months_end(hours=6)
    page = context.new_page()
    sign_in(page, "Emmy Noether")

    page.goto("/plans")
    picture(page, "plans")
    page.get_by_role("button", name=re.compile("Choose Researcher")).click()
    _pay(page, DECLINED)
    expect(page.get_by_text(re.compile("declined"))).to_be_visible()
    picture(page, "declined")
    _pay(page, GOOD)
    page.wait_for_url("**/billing**")
    expect(page.get_by_text(re.compile("Renews|renews")).first).to_be_visible()

    _run(cloud, page)
    cloud.advance(2 * HOUR)
    page.goto("/billing")
    expect(page.get_by_role("heading", name="Next invoice")).to_be_visible()
    expect(page.get_by_text(re.compile(r"\$0\.2[345]")).first).to_be_visible()
    picture(page, "billing")
    assert violations(page) == []

    renews_at = datetime.fromisoformat(page.request.get("/api/billing").json()["renews_at"])
    cloud.advance(int(renews_at.timestamp()) - cloud.now() + 6 * HOUR)
    context.clear_cookies()  # a session ends when nobody uses it for a month
    sign_in(page, "Emmy Noether")
    page.goto("/billing")
    expect(page.get_by_text("Paid").first).to_be_visible()
    picture(page, "invoices")
