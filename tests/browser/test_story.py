"""The whole story, as a person lives it in a browser."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from localcloud.testing import LocalCloud
from tests.browser.conftest import picture, run_cell, sign_in, violations
from tests.people import Person

CODE = """import numpy as np
walk = (np.random.default_rng(7).integers(0, 2, 1000) * 2 - 1).cumsum()
print("steps taken:", len(walk))
"""


def _create(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile("^(Create your first|New) notebook")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Create notebook").click()
    # The list shows it too, for a moment, before its own page comes.
    page.wait_for_url("**/notebooks/nb_*")
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def _open(page: Page, context: BrowserContext) -> Page:
    with context.expect_page() as opened:
        page.get_by_role("link", name=re.compile("^Open")).first.click()
    lab = opened.value
    lab.wait_for_url("**/lab/**")
    expect(lab.get_by_role("button", name="Python 3 (ipykernel) | Idle")).to_be_visible()
    return lab


@pytest.mark.timeout(240)
def test_from_the_landing_page_to_a_result_and_back_again(
    page: Page, context: BrowserContext
) -> None:
    page.goto("/")
    expect(page.get_by_text("$29")).to_be_visible()
    picture(page, "landing")
    sign_in(page, "Emmy Noether")
    _create(page, "Random walks")

    page.get_by_role("button", name="Start Random walks").click()
    expect(page.get_by_text("Starting Jupyter")).to_be_visible()
    picture(page, "starting")
    expect(page.get_by_role("link", name=re.compile("^Open"))).to_be_visible()

    lab = _open(page, context)
    run_cell(lab, CODE)
    expect(lab.get_by_text("steps taken: 1000")).to_be_visible()
    picture(lab, "jupyterlab")
    lab.keyboard.press("Control+s")
    expect(lab.get_by_text("steps taken: 1000")).to_be_visible()
    lab.wait_for_timeout(3000)
    address = lab.url
    lab.close()

    page.get_by_role("button", name="Stop Random walks").click()
    expect(page.get_by_text("Stopped by you").first).to_be_visible()

    late = context.new_page()
    late.goto(address)
    expect(late.get_by_role("link", name=re.compile("Start"))).to_be_visible()
    picture(late, "stopped")
    late.get_by_role("link", name=re.compile("Start")).click()
    late.get_by_role("button", name="Start and open").click()
    late.wait_for_url("**/lab/**")
    expect(late.get_by_text("steps taken: 1000")).to_be_visible()

    page.goto("/notebooks")
    picture(page, "notebooks")
    page.set_viewport_size({"width": 390, "height": 844})
    picture(page, "phone")


@pytest.mark.timeout(120)
def test_a_deleted_notebook_is_restored_from_the_recently_deleted(page: Page) -> None:
    sign_in(page, "Grace Hopper")
    _create(page, "Regretted")

    page.get_by_role("button", name="More for Regretted").click()
    page.get_by_role("menuitem", name=re.compile("Delete")).click()
    confirm = page.get_by_role("dialog").get_by_role("button", name=re.compile("Delete"))
    if confirm.count():
        confirm.click()
    page.wait_for_url("**/notebooks")
    page.goto("/notebooks/deleted")
    page.get_by_role("button", name="Restore Regretted").click()
    page.goto("/notebooks")

    expect(page.get_by_text("Regretted").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.timeout(180)
def test_every_page_can_be_used_by_everybody(
    browser: Browser, cloud: LocalCloud, scheme: str, width: int
) -> None:
    with Person(cloud, "ada") as ada:
        notebook = ada.create(f"Accessible {scheme} {width}")
    context = browser.new_context(
        base_url=cloud.app_origin,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 844},
    )
    page = context.new_page()
    sign_in(page, "Ada Lovelace")
    found = {}
    # The landing page is for those who are signed out, so it comes last, without the cookie.
    paths = ("/notebooks", f"/notebooks/{notebook.id}", f"/notebooks/{notebook.id}/open")
    for path in (
        *paths, "/notebooks/deleted", "/clusters", "/clusters/guide", "/plans", "/billing",
        "/account", "/nowhere", "/",
    ):  # fmt: skip
        if path == "/":
            context.clear_cookies()
        page.goto(path)
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        page.wait_for_load_state("networkidle")
        found[path] = violations(page)
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"{path} is wider than the screen by {overflow} px"
    context.close()

    assert {path: rules for path, rules in found.items() if rules} == {}
