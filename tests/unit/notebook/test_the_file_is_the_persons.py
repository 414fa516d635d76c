"""The notebook file is its person's: the recorder adds outputs, and nothing else."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support import eventually
from tests.unit.notebook.page import Connection, Loop, Page, shown_text
from tests.unit.notebook.parts import Browser, Notebook, notebook_json
from tests.unit.notebook.validator import Validator

Open = Callable[..., Page]


def waiting(name: str) -> str:
    """A cell that prints, waits for a file of that name, and prints again."""
    return (
        "import os, time\n"
        f"print('{name} began', flush=True)\n"
        f"while not os.path.exists('{name}.go'): time.sleep(0.02)\n"
        f"print('{name} ended')"
    )


def said(name: str) -> str:
    return f"{name} began\n{name} ended\n"


@pytest.fixture(scope="module")
def browser(shared_notebook: Notebook) -> Browser:
    return shared_notebook.browser()


@pytest.fixture
def workspace(shared_notebook: Notebook) -> Path:
    return shared_notebook.workspace


@pytest.fixture
def page(browser: Browser) -> Iterator[Open]:
    """Opens pages; they and their kernels are closed in the end."""
    with Loop() as loop, ExitStack() as stack:

        def open_page(path: str, kernel_id: str | None = None, **options: Any) -> Page:
            page = Page(loop, browser, path, **options).open(kernel_id)
            stack.callback(
                browser.request, "DELETE", f"/api/kernels/{page.kernel_id}", Accept="*/*"
            )
            stack.callback(page.close)
            return page

        yield open_page


@pytest.fixture(scope="module")
def validator() -> Iterator[Validator]:
    """Validates notebook files."""
    with Validator() as started:
        yield started


def put(workspace: Path, name: str, *sources: str) -> Path:
    file = workspace / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(notebook_json(*sources))
    return file


def cells(file: Path) -> dict[str, dict[str, Any]]:
    return {cell["id"]: cell for cell in json.loads(file.read_bytes())["cells"]}


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def shows(file: Path, text: str, cell_id: str = "c0") -> bool:
    return shown_text(cells(file)[cell_id]) == text


def begin(page: Page, name: str, cell_id: str = "c0") -> None:
    """Run a waiting cell, and wait until it has begun."""
    page.run(cell_id)
    eventually(lambda: f"{name} began" in page.text(cell_id), within=30)


def let_end(workspace: Path, name: str) -> None:
    (workspace / f"{name}.go").touch()


def test_what_is_edited_and_saved_while_a_cell_runs_stays(workspace: Path, page: Open) -> None:
    file = put(workspace, "edited.ipynb", waiting("edited"))
    opened = page("edited.ipynb")
    begin(opened, "edited")
    opened.cell("c0")["source"] += "\n# an hour of new thoughts"
    assert opened.save()
    opened.close()
    let_end(workspace, "edited")
    eventually(lambda: shows(file, said("edited")))
    assert source(cells(file)["c0"]).endswith("# an hour of new thoughts")


def test_a_cell_that_is_deleted_and_saved_while_it_runs_stays_deleted(
    workspace: Path, page: Open
) -> None:
    file = put(workspace, "deleted.ipynb", waiting("deleted"), waiting("kept"))
    opened = page("deleted.ipynb")
    begin(opened, "deleted")
    opened.run("c1")
    opened.cells.pop(0)
    assert opened.save()
    opened.close()
    let_end(workspace, "deleted")
    let_end(workspace, "kept")
    eventually(lambda: shows(file, said("kept"), "c1"))
    assert list(cells(file)) == ["c1"]


def test_a_cell_that_was_never_saved_is_not_added(workspace: Path, page: Open) -> None:
    file = put(workspace, "unsaved.ipynb", waiting("unsaved"))
    opened = page("unsaved.ipynb")
    new = {**opened.cell("c0"), "id": "new", "source": waiting("new"), "outputs": []}
    opened.cells.append(new)
    begin(opened, "new", "new")
    opened.run("c0")
    opened.close()
    let_end(workspace, "new")
    let_end(workspace, "unsaved")
    eventually(lambda: shows(file, said("unsaved")))
    assert list(cells(file)) == ["c0"]


def test_outputs_that_are_cleared_and_saved_while_a_cell_runs_stay_cleared(
    workspace: Path, page: Open
) -> None:
    file = put(workspace, "cleared.ipynb", waiting("cleared"))
    opened = page("cleared.ipynb")
    begin(opened, "cleared")
    opened.clear("c0")
    assert opened.save()
    opened.close()
    let_end(workspace, "cleared")
    eventually(lambda: shows(file, "cleared ended\n"))


def test_outputs_that_are_cleared_just_after_the_end_stay_cleared(
    workspace: Path, page: Open
) -> None:
    file = put(workspace, "cleared2.ipynb", "print('old')", waiting("after"))
    opened = page("cleared2.ipynb")
    opened.run("c0")
    eventually(lambda: opened.text("c0") == "old\n" and not opened.runs("c0"), within=30)
    opened.clear("c0")
    begin(opened, "after", "c1")
    assert opened.save()
    opened.close()
    let_end(workspace, "after")
    eventually(lambda: shows(file, said("after"), "c1"))
    assert shows(file, "")


def test_notebooks_that_share_a_kernel_get_their_own_outputs(workspace: Path, page: Open) -> None:
    """Also if they are copies, whose cells have the same ids."""
    one = put(workspace, "shared/one.ipynb", waiting("shared"))
    two = put(workspace, "shared/two.ipynb", waiting("shared"))
    first = page("shared/one.ipynb")
    second = page("shared/two.ipynb", first.kernel_id)
    begin(second, "shared")
    second.close()
    let_end(workspace / "shared", "shared")
    eventually(lambda: shows(two, said("shared")))
    assert shows(one, "")
    assert not first.text("c0")
    first.run("c0")
    eventually(lambda: first.text("c0") == said("shared"), within=30)
    first.close()
    eventually(lambda: shows(one, said("shared")))


def test_a_page_takes_over_the_cells_of_its_own_notebook_only(workspace: Path, page: Open) -> None:
    one = put(workspace, "own/one.ipynb", waiting("own"))
    put(workspace, "own/two.ipynb", waiting("own"))
    first = page("own/one.ipynb")
    begin(first, "own")
    first.close()
    second = page("own/two.ipynb", first.kernel_id)
    let_end(workspace / "own", "own")
    eventually(lambda: shows(one, said("own")))
    assert not second.text("c0")


def test_what_a_console_an_extension_or_a_debugger_runs_is_in_no_notebook(
    workspace: Path, page: Open, browser: Browser
) -> None:
    file = put(workspace, "console.ipynb", waiting("console"))
    opened = page("console.ipynb")
    with Loop() as loop:
        console = Connection(loop, browser, opened.kernel_id)
        console.connect()
        console.execute("print('of a console')", "a-cell-of-the-console")
        console.execute("print('of an extension')", None)
        console.execute("print('of a debugger')", None, store_history=False)
        begin(opened, "console")
        opened.close()
        console.close()
    let_end(workspace, "console")
    eventually(lambda: shows(file, said("console")))
    assert list(cells(file)) == ["c0"]


def test_outputs_follow_a_notebook_that_is_moved_while_its_cell_runs(
    workspace: Path, page: Open, browser: Browser
) -> None:
    put(workspace, "moved/a.ipynb", waiting("moved"))
    opened = page("moved/a.ipynb")
    begin(opened, "moved")
    opened.close()
    answer = browser.request("PATCH", "/api/contents/moved", {"path": "gone"}, Accept="*/*")
    assert answer.status == 200
    let_end(workspace / "gone", "moved")
    eventually(lambda: shows(workspace / "gone/a.ipynb", said("moved")))
    assert page("gone/a.ipynb").kernel_id == opened.kernel_id
    assert not (workspace / "moved").exists()


def test_a_notebook_that_is_deleted_while_its_cell_runs_stays_deleted(
    workspace: Path, page: Open, browser: Browser
) -> None:
    file = put(workspace, "removed.ipynb", waiting("removed"))
    other = put(workspace, "other.ipynb", waiting("other"))
    opened, second = page("removed.ipynb"), page("other.ipynb")
    begin(opened, "removed")
    begin(second, "other")
    opened.close()
    second.close()
    browser.request("DELETE", "/api/contents/removed.ipynb", Accept="*/*")
    let_end(workspace, "removed")
    let_end(workspace, "other")
    eventually(lambda: shows(other, said("other")))
    assert not file.exists()


def test_links_stay_links_and_modes_stay(workspace: Path, page: Open) -> None:
    real = put(workspace, "links/real.ipynb", waiting("linked"))
    real.chmod(0o640)
    (workspace / "links/soft.ipynb").symlink_to("real.ipynb")
    os.link(real, workspace / "links/hard.ipynb")
    opened = page("links/soft.ipynb")
    begin(opened, "linked")
    opened.cell("c0")["source"] += "\n# through the link"
    assert opened.save()
    opened.close()
    let_end(workspace / "links", "linked")
    eventually(lambda: shows(real, said("linked")))
    assert (workspace / "links/soft.ipynb").is_symlink()
    assert (workspace / "links/hard.ipynb").samefile(real)
    assert real.stat().st_mode & 0o777 == 0o640
    assert source(cells(real)["c0"]).endswith("# through the link")


def test_a_file_whose_name_is_as_long_as_can_be_gets_its_outputs(
    workspace: Path, page: Open
) -> None:
    name = f"{'l' * 249}.ipynb"
    file = put(workspace, name, waiting("long"))
    opened = page(name)
    begin(opened, "long")
    opened.close()
    let_end(workspace, "long")
    eventually(lambda: shows(file, said("long")))


def test_outputs_that_cannot_be_written_are_told_and_written_later(
    workspace: Path, page: Open, browser: Browser
) -> None:
    file = put(workspace, "broken.ipynb", waiting("broken"))
    content = file.read_bytes()
    opened = page("broken.ipynb")
    begin(opened, "broken")
    opened.close()
    file.write_text("<<<<<<< HEAD\n{}")
    let_end(workspace, "broken")
    url = f"/ramon/executions/{opened.kernel_id}?session=none&path=other.ipynb"

    def problem() -> str:
        told = browser.request("POST", url.replace("other", "broken"), Accept="*/*").json
        return str(told["problem"])

    eventually(lambda: "conflict markers of Git, the first in line 1" in problem(), within=30)
    assert file.read_text() == "<<<<<<< HEAD\n{}"
    answer = browser.request("GET", "/api/contents/broken.ipynb", Accept="*/*")
    assert answer.status == 400
    assert "conflict markers of Git" in answer.json["message"]
    file.write_bytes(content)
    eventually(lambda: shows(file, said("broken")), within=30)


OLD: dict[str, dict[str, Any]] = {
    f"4.{minor}": {
        "nbformat": 4,
        "nbformat_minor": minor,
        "metadata": {},
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": ["# Title"]},
            {
                "cell_type": "code",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": waiting(f"minor{minor}"),
            },
        ],
    }
    for minor in range(5)
} | {
    "3.0": {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 1, "metadata": {}, "source": ["Title"]},
                    {
                        "cell_type": "code",
                        "collapsed": False,
                        "input": waiting("minor3.0").splitlines(keepends=True),
                        "language": "python",
                        "metadata": {},
                        "outputs": [],
                    },
                ],
                "metadata": {},
            }
        ],
    }
}


@pytest.mark.parametrize("version", OLD)
def test_a_notebook_of_an_old_format_gets_ids_once_and_then_its_outputs(
    version: str, workspace: Path, page: Open, validator: Validator
) -> None:
    name = "minor3.0" if version == "3.0" else f"minor{version[2:]}"
    file = workspace / f"{name}.ipynb"
    file.write_text(json.dumps(OLD[version]))
    opened = page(file.name)
    ids = [cell["id"] for cell in opened.cells]
    assert list(cells(file)) == ids
    begin(opened, name, ids[1])
    opened.close()
    let_end(workspace, name)
    eventually(lambda: shows(file, said(name), ids[1]))
    assert [source(cell) for cell in cells(file).values()] == ["# Title", waiting(name)]
    assert list(cells(file)) == ids
    assert not validator.fault(file)


ODD: dict[str, Callable[[bytes], bytes]] = {
    "bom": lambda content: b"\xef\xbb\xbf" + content,
    "crlf": lambda content: (
        json.dumps(json.loads(content), indent=1).replace("\n", "\r\n").encode()
    ),
    "utf16": lambda content: content.decode().encode("utf-16"),
    "nan": lambda content: content.replace(b'"metadata": {}', b'"metadata": {"x": NaN}', 1),
    "surrogate": lambda content: content.replace(b'"2"', b'"2 # \\ud83d"'),
    "metadata": lambda content: content.replace(b'"metadata": {}, ', b"", 1),
    "outputs": lambda content: content.replace(b'"outputs": [], ', b"", 1),
    "twice": lambda content: content.replace(b'"c1"', b'"c0"'),
    "invalid": lambda content: content.replace(b'"c1"', b'"c 1\\n"'),
}
"""Notebooks that are not as they should be, but that other tools read."""


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_notebook_is_opened_saved_and_gets_its_outputs(
    kind: str, workspace: Path, page: Open, validator: Validator
) -> None:
    file = workspace / f"odd-{kind}.ipynb"
    file.write_bytes(ODD[kind](notebook_json(waiting(kind), "2")))
    opened = page(file.name)
    before = [source(cell) for cell in opened.cells]
    begin(opened, kind)
    assert opened.save()
    opened.close()
    let_end(workspace, kind)
    eventually(lambda: shows(file, said(kind)))
    found = cells(file)
    assert [source(cell) for cell in found.values()] == before
    assert all(value.isprintable() and len(value) <= 64 for value in found)
    assert not validator.fault(file)
