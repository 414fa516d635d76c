"""A notebook of any format is opened, saved and gets its outputs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import eventually
from tests.unit.notebook.conftest import OpenPage
from tests.unit.notebook.parts import notebook_json
from tests.unit.notebook.validator import Validator
from tests.unit.notebook.waiting_cells import begin, cells, let_end, said, shows, source, waiting

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
    version: str, workspace: Path, open_page: OpenPage, validator: Validator
) -> None:
    name = "minor3.0" if version == "3.0" else f"minor{version[2:]}"
    file = workspace / f"{name}.ipynb"
    file.write_text(json.dumps(OLD[version]))
    opened = open_page(file.name)
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
    kind: str, workspace: Path, open_page: OpenPage, validator: Validator
) -> None:
    file = workspace / f"odd-{kind}.ipynb"
    file.write_bytes(ODD[kind](notebook_json(waiting(kind), "2")))
    opened = open_page(file.name)
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
