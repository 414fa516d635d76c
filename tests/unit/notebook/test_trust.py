"""Outputs are trusted if they were made in this notebook, over any stop; others' never are."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import eventually
from tests.unit.notebook.conftest import OpenPage, Start
from tests.unit.notebook.fake_service import FakeService
from tests.unit.notebook.page import shown_text
from tests.unit.notebook.parts import Browser, Notebook, notebook_json
from tests.unit.notebook.waiting_cells import begin, let_end, put, said, waiting

SCRIPT = "from IPython.display import HTML; HTML('<script>1</script>')"
SLOWLY = f"""
import time
print("begun", flush=True)
time.sleep(1)
{SCRIPT}
"""
HOSTILE = [
    {
        "output_type": "display_data",
        "data": {"text/html": "<script>steal()</script>"},
        "metadata": {},
    }
]


@pytest.fixture
def notebook(service: FakeService, start: Start) -> Notebook:
    service.put_file("a.ipynb", notebook_json(SLOWLY, "2"))
    return start()


def restarted(service: FakeService, start: Start, notebook: Notebook) -> Notebook:
    """The notebook after a stop and a start, on another computer."""
    assert notebook.stop() == 0
    service.ready.clear()
    return start()


def opened(browser: Browser, path: str = "a.ipynb") -> dict[str, Any]:
    """A notebook as a page gets it."""
    answer = browser.request("GET", f"/api/contents/{path}", Accept="*/*")
    assert answer.status == 200, answer.body
    content: dict[str, Any] = answer.json["content"]
    return content


def trusted(browser: Browser, path: str = "a.ipynb") -> set[bool]:
    """Whether a page is told to trust the code cells."""
    cells = opened(browser, path)["cells"]
    return {cell["metadata"]["trusted"] for cell in cells if cell["cell_type"] == "code"}


def save(browser: Browser, content: dict[str, Any], path: str = "a.ipynb") -> None:
    """Save as a page does."""
    model = {"type": "notebook", "format": "json", "content": content}
    assert browser.request("PUT", f"/api/contents/{path}", model, Accept="*/*").status in (200, 201)


def run_with_nobody_there(notebook: Notebook, browser: Browser) -> None:
    """Run a cell that shows HTML after its page has gone, until that is in the file."""
    browser.run(browser.open_kernel(), SLOWLY, cell_id="c0", leave_at="begun")
    file = notebook.workspace / "a.ipynb"
    eventually(
        lambda: (
            "<script>1</script>" in json.dumps(json.loads(file.read_text())["cells"][0]["outputs"])
        )
    )


def with_hostile_cell(*sources: str) -> bytes:
    """Somebody else's notebook, whose last cell shows what somebody else wrote."""
    content = json.loads(notebook_json(*sources))
    content["cells"][-1] |= {"outputs": HOSTILE, "metadata": {"trusted": True}}
    return json.dumps(content).encode()


def test_what_a_cell_showed_while_nobody_was_there_is_trusted(
    service: FakeService, start: Start, notebook: Notebook
) -> None:
    run_with_nobody_there(notebook, notebook.browser())
    assert trusted(notebook.browser()) == {True}
    assert trusted(restarted(service, start, notebook).browser()) == {True}


def test_what_a_page_saved_is_trusted_after_a_stop_and_a_start(
    service: FakeService, start: Start, notebook: Notebook
) -> None:
    browser = notebook.browser()
    content = opened(browser)
    content["cells"][0] |= {"outputs": HOSTILE, "metadata": {"trusted": True}}
    save(browser, content)
    assert trusted(browser) == {True}
    assert trusted(restarted(service, start, notebook).browser()) == {True}


def test_a_file_that_was_moved_or_copied_stays_trusted(notebook: Notebook) -> None:
    browser = notebook.browser()
    run_with_nobody_there(notebook, browser)
    notebook.write("copy.ipynb", (notebook.workspace / "a.ipynb").read_bytes())
    answer = browser.request("PATCH", "/api/contents/a.ipynb", {"path": "b.ipynb"}, Accept="*/*")
    assert answer.status == 200
    assert trusted(browser, "b.ipynb") == trusted(browser, "copy.ipynb") == {True}


def test_somebody_elses_outputs_are_not_trusted_even_beside_ours(
    service: FakeService, start: Start
) -> None:
    service.put_file("a.ipynb", with_hostile_cell(SLOWLY, "2"))
    notebook = start()
    browser = notebook.browser()
    assert trusted(browser) == {False}
    run_with_nobody_there(notebook, browser)
    assert trusted(browser) == {False}
    save(browser, opened(browser))
    assert trusted(browser) == {False}


def test_an_upload_is_not_trusted(notebook: Notebook) -> None:
    browser = notebook.browser()
    model = {"type": "file", "format": "text", "content": with_hostile_cell("1").decode()}
    answer = browser.request("PUT", "/api/contents/theirs.ipynb", model, Accept="*/*")
    assert answer.status == 201
    assert trusted(browser, "theirs.ipynb") == {False}


def test_a_change_behind_our_back_ends_the_trust(notebook: Notebook) -> None:
    browser = notebook.browser()
    run_with_nobody_there(notebook, browser)
    assert trusted(browser) == {True}
    content = (notebook.workspace / "a.ipynb").read_text()
    notebook.write("a.ipynb", content.replace("<script>1", "<script>2"))
    assert trusted(browser) == {False}


def test_another_notebook_can_sign_nothing_for_this_one(
    service: FakeService, start: Start, notebook: Notebook
) -> None:
    run_with_nobody_there(notebook, notebook.browser())
    assert notebook.stop() == 0
    assert ".jupyter/trusted.json" in service.entries
    # A repository may bring a notebook together with the file that says what is trusted.
    service.signing_key = "the key of another notebook"
    service.ready.clear()
    assert trusted(start().browser()) == {False}


def test_the_key_is_in_no_file_and_no_environment(notebook: Notebook) -> None:
    browser = notebook.browser()
    kernel_id = browser.open_kernel()
    secret = notebook.service.signing_key
    assert secret not in browser.run(kernel_id, "import os; print(dict(os.environ))").text
    found = [
        file
        for file in Path(notebook.home).rglob("*")
        if file.is_file() and not file.is_symlink() and secret.encode() in file.read_bytes()
    ]
    assert found == []


def test_a_spoilt_file_of_signatures_spoils_nothing_else(notebook: Notebook) -> None:
    notebook.write(".jupyter/trusted.json", '{"signatures": {"a.ipynb": 1}}')
    browser = notebook.browser()
    assert trusted(browser) == {False}
    run_with_nobody_there(notebook, browser)
    assert trusted(browser) == {True}


def test_trust_given_in_a_terminal_counts_here_too(service: FakeService, start: Start) -> None:
    service.put_file("a.ipynb", with_hostile_cell("1"))
    browser = start().browser()
    assert trusted(browser) == {False}
    assert "Signing" in browser.run(browser.open_kernel(), "!jupyter trust a.ipynb").text
    assert trusted(browser) == {True}
    save(browser, opened(browser))


@pytest.mark.parametrize("cell_id", ["c0", None])
def test_a_cell_that_only_has_the_id_of_one_that_ran_or_none_is_not_trusted(
    workspace: Path, open_page: OpenPage, shared_browser: Browser, cell_id: str | None
) -> None:
    name = f"twice{cell_id}"
    file = put(workspace, f"{name}.ipynb", waiting(name))
    page = open_page(f"{name}.ipynb")
    begin(page, name)
    page.close()
    # Written by code while the cell runs: nobody has opened it since, and given out new ids.
    content = json.loads(file.read_bytes())
    hostile = {**content["cells"][0], "id": cell_id, "outputs": HOSTILE, "execution_count": 1}
    if cell_id is None:
        del hostile["id"]
    file.write_text(json.dumps(content | {"cells": [*content["cells"], hostile]}))
    let_end(workspace, name)
    eventually(lambda: said(name) == shown_text(json.loads(file.read_bytes())["cells"][0]))
    assert trusted(shared_browser, f"{name}.ipynb") == {False}
    assert "steal" in json.dumps(json.loads(file.read_bytes())["cells"][1]["outputs"])
