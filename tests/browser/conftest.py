"""A real browser in front of the whole service."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from localcloud.testing import LocalCloud
from ops.setup.browser import find

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = os.environ.get("PICTURES")
"""A folder that screenshots are written to; without it, none are made."""
PATIENCE = 60_000
"""Milliseconds that anything may take to appear: the machine has more to do than this."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, as Debian ships it. Playwright's event loop must be gone before other tests."""
    path = find()
    assert path, "make test installs a browser"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
        started = playwright.chromium.launch(executable_path=path, args=quiet)
        yield started
        started.close()


@pytest.fixture
def context(browser: Browser, cloud: LocalCloud) -> Iterator[BrowserContext]:
    """A browser that knows nobody yet."""
    made = browser.new_context(base_url=cloud.app_origin, viewport={"width": 1280, "height": 800})
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty tab."""
    return context.new_page()


def sign_in(page: Page, name: str) -> None:
    """From the landing page, through GitHub, to the notebooks."""
    page.goto("/")
    page.get_by_role("link", name="Sign in with GitHub").first.click()
    page.get_by_role("button", name=name).click()
    page.wait_for_url("**/notebooks")


def run_cell(lab: Page, code: str) -> None:
    """Write code into the notebook's last cell, and run it."""
    cell = lab.locator(".jp-Notebook-cell .cm-content").last
    cell.click()
    expect(cell).to_be_focused()
    lab.keyboard.insert_text(code)
    lab.keyboard.press("Shift+Enter")


def picture(page: Page, name: str) -> None:
    """A screenshot for the documentation, if one is wanted."""
    if PICTURES:
        page.wait_for_timeout(400)
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def on_a_phone_in_the_dark(
    page: Page, browser: Browser, cloud: LocalCloud, name: str, look: Callable[[Page], object]
) -> None:
    """Open a page on a phone in the dark, look at it: nothing is wider than the screen."""
    phone = browser.new_context(
        base_url=cloud.app_origin,
        viewport={"width": 375, "height": 720},
        color_scheme="dark",
        storage_state=page.context.storage_state(),
    )
    small = phone.new_page()
    small.goto(page.url)
    look(small)
    picture(small, name)
    assert small.evaluate("document.documentElement.scrollWidth") <= 375
    phone.close()


STILL = """() => document.getAnimations().every(
    ({playState, effect}) => playState !== "running" || !isFinite(effect.getTiming().iterations))"""
"""Whether nothing on a page moves but what moves for ever; a dialog that fades has no contrast."""


def violations(page: Page) -> list[str]:
    """What axe finds wrong with a page for people who use a keyboard or a screen reader."""
    page.wait_for_function(STILL)
    # The page's own policy forbids inline scripts, so axe comes in from outside of it.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {rule['help']} ({rule['nodes'][0]['html'][:120]})"
        for rule in found["violations"]
    ]
