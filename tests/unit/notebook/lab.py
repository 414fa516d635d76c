"""What a person does in JupyterLab, in a real browser, and sees."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.unit.notebook.fake_service import FakeService
from tests.unit.notebook.parts import HOST


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
