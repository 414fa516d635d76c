"""A cell that waits for input is asked again by the page that takes it over."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support import eventually
from tests.unit.notebook.conftest import Chromium, Start
from tests.unit.notebook.fake_service import FakeService
from tests.unit.notebook.lab import enter, run, shown, shows_notebook_again
from tests.unit.notebook.parts import HOST, Notebook, cell_text, notebook_json

AT_ONCE = "name = input('Name?')\nprint('Hello', name)"
LATER = """
import getpass, pathlib, time
print("soon", flush=True)
while not pathlib.Path("reloaded").exists(): time.sleep(0.05)
print("Hello", input("Name?"))
print(len(getpass.getpass("Word?")), "characters")
"""


@pytest.fixture
def notebook(service: FakeService, start: Start, chromium: Chromium) -> Notebook:
    service.put_file("a.ipynb", notebook_json(AT_ONCE, LATER))
    return start(BIND_ADDRESS=chromium.address)


CAUGHT = """
print("soon", flush=True)
try:
    input("Name?")
except KeyboardInterrupt:
    print("interrupted", flush=True)
time = __import__("time")
time.sleep(4)
print("end")
"""


def in_file(notebook: Notebook) -> bytes:
    """The notebook file as it is now."""
    return (notebook.workspace / "a.ipynb").read_bytes()


def squeezed(text: str) -> str:
    """The text without blanks and line ends: pages show each output in a block of its own."""
    return "".join(text.split())


def answer(page: Page, prompt: str, value: str) -> None:
    """Type into the field of a cell that waits, and see that it waits no more."""
    field = page.locator(".jp-Stdin", has_text=prompt).locator("input")
    field.wait_for(timeout=60_000)
    field.fill(value)
    field.press("Enter")
    expect(field).to_have_count(0)


def test_an_input_is_asked_again_by_each_page_that_comes(
    service: FakeService, notebook: Notebook, context: BrowserContext
) -> None:
    page = enter(context, service)
    run(page, 0)
    page.locator(".jp-Stdin-input").wait_for()
    page.reload()
    shows_notebook_again(page)
    answer(page, "Name?", "Ada")
    eventually(lambda: squeezed(shown(page, 0)) == "Name?AdaHelloAda")
    # The question is put to a page that is gone, and reaches the one that has taken over.
    run(page, 1)
    eventually(lambda: "soon" in shown(page, 1))
    page.reload()
    shows_notebook_again(page)
    (notebook.workspace / "reloaded").touch()
    answer(page, "Name?", "Grace")
    # And one that came when nobody was there.
    page.close()
    eventually(lambda: "Word?" in cell_text(in_file(notebook), "c1"))
    eventually(lambda: service.heartbeats[-1]["busy_kernels"] == 0)  # nobody pays for waiting
    assert "was waiting for input" in cell_text(in_file(notebook), "c1")
    page = context.new_page()
    page.goto(f"http://{HOST}/lab/tree/a.ipynb")
    shows_notebook_again(page)
    answer(page, "Word?", "secret")
    all_of_it = "soonName?GraceHelloGraceWord?········6characters"
    eventually(lambda: squeezed(shown(page, 1)) == all_of_it)
    page.close()
    eventually(lambda: squeezed(cell_text(in_file(notebook), "c1")) == all_of_it)
    assert "secret" not in in_file(notebook).decode()


def test_a_cell_whose_input_is_interrupted_goes_on_and_is_busy_again(
    service: FakeService, notebook: Notebook
) -> None:
    browser = notebook.browser()
    kernel_id = browser.open_kernel()
    browser.run(kernel_id, CAUGHT, cell_id="c0", leave_at="soon")
    eventually(lambda: "Name?" in cell_text(in_file(notebook), "c0"))
    eventually(lambda: service.heartbeats[-1]["busy_kernels"] == 0)
    answer = browser.request("POST", f"/api/kernels/{kernel_id}/interrupt", {}, Accept="*/*")
    assert answer.status == 204
    eventually(lambda: service.heartbeats[-1]["busy_kernels"] == 1)
    eventually(lambda: cell_text(in_file(notebook), "c0") == "soon\ninterrupted\nend\n")
