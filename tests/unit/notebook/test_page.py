"""JupyterLab in a real browser: a cell goes on while its page is closed, reloaded, or asleep."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from ops.setup import browser
from tests.support import eventually
from tests.unit.notebook.conftest import Start
from tests.unit.notebook.fake_service import NOTEBOOK_HOST, FakeService
from tests.unit.notebook.parts import HOST, Notebook, cell_text, notebook_json

LINES = 60
LOOP = f"""
import time
for i in range({LINES}):
    print("line", i, flush=True)
    time.sleep(0.2)
"""
ALL = "".join(f"line {i}\n" for i in range(LINES))
UPDATES = """
from IPython.display import display
handle = display("first", display_id=True)
handle.update("second")
"""


@pytest.fixture
def notebook(service: FakeService, start: Start) -> Notebook:
    service.put_file("a.ipynb", notebook_json(LOOP, UPDATES, "input('name? ')", "1/0", "'next'"))
    return start()


@pytest.fixture
def context(notebook: Notebook) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser.find(),
            args=["--no-sandbox", f"--host-resolver-rules=MAP {NOTEBOOK_HOST} {notebook.address}"],
        )
        context = chromium.new_context()
        context.set_default_timeout(60_000)
        yield context
        chromium.close()


def enter(context: BrowserContext, service: FakeService) -> Page:
    """A page that shows the notebook, with its kernel."""
    page = context.new_page()
    page.goto(f"http://{HOST}/ramon/enter?ticket={service.issue_ticket()}")
    shows_notebook(page)
    return page


def shows_notebook(page: Page) -> None:
    """Wait for the notebook to be there, and its kernel to be connected."""
    expect(page.locator(".jp-CodeCell").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("| Idle")).to_be_visible(timeout=60_000)


def shows_notebook_again(page: Page) -> None:
    """Wait for the notebook of a page that was reloaded; its kernel may be busy."""
    expect(page.locator(".jp-CodeCell").first).to_be_visible(timeout=60_000)


def run(page: Page, number: int) -> None:
    """Run a cell as a person does."""
    page.locator(".jp-CodeCell .cm-content").nth(number).click()
    page.keyboard.press("Control+Enter")


def shown(page: Page, number: int) -> str:
    """The outputs of a cell as text."""
    cell = page.locator(".jp-CodeCell").nth(number)
    return "".join(cell.locator(".jp-OutputArea-output").all_inner_texts())


def prompt(page: Page, number: int) -> str:
    """What stands beside a cell: [ ], [*] or [1]."""
    return page.locator(".jp-CodeCell").nth(number).locator(".jp-InputPrompt").inner_text()


def test_a_cell_goes_on_with_the_page_closed_and_streams_into_the_next_one(
    service: FakeService, context: BrowserContext
) -> None:
    page = enter(context, service)
    run(page, 0)
    eventually(lambda: "line 2\n" in shown(page, 0), within=30)
    page.close()
    eventually(lambda: "line 6\n" in cell_text(service.content("a.ipynb"), "c0"), within=30)
    page = context.new_page()
    page.goto(f"http://{HOST}/lab/tree/a.ipynb")
    shows_notebook_again(page)
    eventually(lambda: shown(page, 0).startswith("line 0\nline 1\n"), within=30)
    page.reload()
    shows_notebook_again(page)
    eventually(lambda: shown(page, 0) == ALL, within=60)
    eventually(lambda: prompt(page, 0) == "[1]:", within=30)
    assert not page.locator(".jp-Dialog").count()
    eventually(lambda: cell_text(service.content("a.ipynb"), "c0") == ALL, within=60)


def test_cells_behave_as_everywhere(service: FakeService, context: BrowserContext) -> None:
    page = enter(context, service)
    run(page, 1)
    eventually(lambda: shown(page, 1) == "'second'", within=30)
    run(page, 2)
    page.locator(".jp-Stdin-input").fill("Ada")
    page.locator(".jp-Stdin-input").press("Enter")
    eventually(lambda: "'Ada'" in shown(page, 2), within=30)
    page.locator(".jp-CodeCell .cm-content").nth(3).click()
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    eventually(lambda: "ZeroDivisionError" in shown(page, 3), within=30)
    eventually(lambda: prompt(page, 4) == "[ ]:", within=30)
    assert not shown(page, 4)
    page.keyboard.press("Control+s")
    eventually(lambda: "second" in cell_text(service.content("a.ipynb"), "c1"), within=30)
