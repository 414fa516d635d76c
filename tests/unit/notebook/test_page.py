"""JupyterLab in a real browser: a cell goes on while its page is closed, reloaded, or asleep."""

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.support import eventually
from tests.unit.notebook.conftest import Chromium, Start
from tests.unit.notebook.fake_service import FakeService
from tests.unit.notebook.lab import enter, prompt, run, shown, shows_notebook_again
from tests.unit.notebook.parts import HOST, Notebook, cell_text, notebook_json

LOOP = """
import itertools, pathlib, time
for i in itertools.count():
    print("line", i, flush=True)
    time.sleep(0.2)
    if pathlib.Path("enough").exists(): break
print("end")
"""
"""Goes on as long as a test has something to do, however slow its machine is."""
UPDATES = """
from IPython.display import display
handle = display("first", display_id=True)
handle.update("second")
"""

FAILS = "import time; time.sleep(1); 1/0"
"""Long enough for the next cell to be in line when it fails."""


@pytest.fixture
def notebook(service: FakeService, start: Start, chromium: Chromium) -> Notebook:
    service.put_file("a.ipynb", notebook_json(LOOP, UPDATES, "input('name? ')", FAILS, "'next'"))
    return start(BIND_ADDRESS=chromium.address)


def is_whole(text: str) -> bool:
    """Whether this is all that the loop printed, each line once."""
    *lines, end = text.splitlines() or [""]
    return end == "end" and lines == [f"line {number}" for number in range(len(lines))]


def test_a_cell_goes_on_with_the_page_closed_and_streams_into_the_next_one(
    service: FakeService, notebook: Notebook, context: BrowserContext
) -> None:
    page = enter(context, service)
    run(page, 0)
    eventually(lambda: "line 2\n" in shown(page, 0))
    page.close()
    eventually(lambda: "line 6\n" in cell_text(service.content("a.ipynb"), "c0"))
    page = context.new_page()
    page.goto(f"http://{HOST}/lab/tree/a.ipynb")
    shows_notebook_again(page)
    eventually(lambda: shown(page, 0).startswith("line 0\nline 1\n"))
    page.reload()
    shows_notebook_again(page)
    notebook.write("enough", "")
    eventually(lambda: is_whole(shown(page, 0)))
    eventually(lambda: prompt(page, 0) == "[1]:")
    assert not page.locator(".jp-Dialog").count()
    eventually(lambda: is_whole(cell_text(service.content("a.ipynb"), "c0")))


def test_cells_behave_as_everywhere(service: FakeService, context: BrowserContext) -> None:
    page = enter(context, service)
    run(page, 1)
    eventually(lambda: shown(page, 1) == "'second'")
    run(page, 2)
    page.locator(".jp-Stdin-input").fill("Ada")
    page.locator(".jp-Stdin-input").press("Enter")
    eventually(lambda: "'Ada'" in shown(page, 2))
    page.locator(".jp-CodeCell .cm-content").nth(3).click()
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    eventually(lambda: "ZeroDivisionError" in shown(page, 3))
    eventually(lambda: prompt(page, 4) == "[ ]:")
    assert not shown(page, 4)
    page.keyboard.press("Control+s")
    eventually(lambda: "second" in cell_text(service.content("a.ipynb"), "c1"))


def test_outputs_that_a_person_clears_while_the_cell_runs_stay_cleared(
    service: FakeService, notebook: Notebook, context: BrowserContext
) -> None:
    page = enter(context, service)
    run(page, 0)
    eventually(lambda: "line 2\n" in shown(page, 0))
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    page.get_by_role("menuitem", name="Clear Cell Output", exact=True).click()
    eventually(lambda: "line 0\n" not in shown(page, 0))
    page.keyboard.press("Control+s")

    def saved_without_the_first() -> bool:
        text = cell_text(service.content("a.ipynb"), "c0")
        return "line" in text and "line 0\n" not in text

    eventually(saved_without_the_first)
    page.close()
    notebook.write("enough", "")
    eventually(lambda: cell_text(service.content("a.ipynb"), "c0").endswith("end\n"))
    first, *_ = text = cell_text(service.content("a.ipynb"), "c0").splitlines(keepends=True)
    missing = "".join(f"line {number}\n" for number in range(int(first.split()[1])))
    assert missing
    assert is_whole(missing + "".join(text))


def test_that_outputs_cannot_be_saved_is_told_once_until_a_save_works(
    context: BrowserContext, service: FakeService
) -> None:
    why = "The outputs of a.ipynb can't be saved: Read-only file system."
    told = {"executions": [], "last": "", "problem": why}
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(json=told)

    context.route("**/ramon/executions/**", answer)
    page = enter(context, service)
    toast = page.locator(".Toastify__toast", has_text=why)
    expect(toast).to_have_count(1)
    count = len(asked)
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Reconnect to Kernel", exact=True).click()
    eventually(lambda: toast.count() and len(asked) > count)  # requests come in during calls
    expect(toast).to_have_count(1)
    page.keyboard.press("Escape")
    run(page, 1)  # which saves
    expect(toast).to_have_count(0)


def chosen(page: Page, number: int, *keys: str) -> None:
    """Choose a cell, and press keys that JupyterLab takes as commands."""
    page.locator(".jp-CodeCell .jp-InputPrompt").nth(number).click()
    for key in keys:
        page.keyboard.press(key)


def puts_out_more(service: FakeService) -> None:
    """Wait for a while, during which the cell that runs prints something."""
    count = len(service.heartbeats)
    eventually(lambda: len(service.heartbeats) > count)


@pytest.mark.parametrize("reloaded", [False, True])
def test_a_cell_that_is_moved_cut_and_pasted_while_it_runs_goes_on(
    service: FakeService, notebook: Notebook, context: BrowserContext, reloaded: bool
) -> None:
    page = enter(context, service)
    run(page, 0)
    eventually(lambda: "line 2\n" in shown(page, 0))
    if reloaded:
        page.reload()
        shows_notebook_again(page)
        eventually(lambda: "line 3\n" in shown(page, 0))
    chosen(page, 0, "Control+Shift+ArrowDown")
    eventually(lambda: "line 10\n" in shown(page, 1))
    chosen(page, 1, "x")
    eventually(lambda: "line" not in shown(page, 0) + shown(page, 1))
    puts_out_more(service)
    page.keyboard.press("v")
    eventually(lambda: "line 2\n" in shown(page, 2) and prompt(page, 2) == "[*]:")
    puts_out_more(service)
    chosen(page, 2, "x", "z")  # cut, and that undone
    notebook.write("enough", "")
    eventually(
        lambda: any(prompt(page, n) == "[1]:" and is_whole(shown(page, n)) for n in (0, 1, 2))
    )
    page.keyboard.press("Control+s")
    eventually(lambda: is_whole(cell_text(service.content("a.ipynb"), "c0")))
