"""Which files may become notebooks: all that JupyterLab opens in a notebook's task.

There a file of an older format is raised to nbformat 4.5 when it is first opened, once; that
takes nbformat, which no function here imports.
"""

import json
import re
from typing import Any

import msgspec

from chalicelib.core.errors import Invalid

_NEWEST = 4
_CELL_TYPES = ("code", "markdown", "raw")
_CONFLICT = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)


def checked(content: bytes) -> bytes:
    """The content as it is, if it is a notebook of nbformat 4 or older.

    Raises `Invalid` saying what it is not.
    """
    notebook = _json(content)
    nbformat = notebook.get("nbformat") if isinstance(notebook, dict) else None
    if not isinstance(nbformat, int):
        raise _not_a_notebook("it is not a Jupyter notebook: it names no nbformat")
    if nbformat > _NEWEST:
        raise _not_a_notebook(f"it is in nbformat {nbformat}, which is newer than JupyterLab's 4")
    if nbformat == _NEWEST:
        _check_cells(notebook.get("cells"))
    elif not isinstance(notebook.get("worksheets" if nbformat > 1 else "cells"), list):
        raise _not_a_notebook(f"it has no worksheets, as notebooks of nbformat {nbformat} have")
    return content


def _json(content: bytes) -> Any:
    """JSON as Python reads it, also with a byte order mark, NaN and half surrogate pairs."""
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass  # The slower reader takes more, and knows better what is wrong.
    if not content.strip():
        raise _not_a_notebook("it is not JSON: it is empty")
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise _not_a_notebook(_why_no_json(error)) from error
    except UnicodeDecodeError as error:
        raise _not_a_notebook("it is not JSON in UTF-8") from error
    except RecursionError as error:
        raise _not_a_notebook("it is not JSON that can be read: it is nested too deeply") from error


def _why_no_json(error: json.JSONDecodeError) -> str:
    if conflict := _CONFLICT.search(error.doc):
        line = error.doc.count("\n", 0, conflict.start()) + 1
        return f"it has conflict markers of Git, the first in line {line}"
    if error.doc.lstrip("\ufeff \t\r\n").startswith("<"):
        return "it is a web page, not the notebook itself: download the raw file"
    return f"it is not JSON: {error.msg} in line {error.lineno}, column {error.colno}"


def _check_cells(cells: Any) -> None:
    if not isinstance(cells, list):
        raise _not_a_notebook("it is not a Jupyter notebook: it has no list of cells")
    for number, cell in enumerate(cells, 1):
        kind = cell.get("cell_type") if isinstance(cell, dict) else None
        if kind not in _CELL_TYPES:
            why = f"it has cells of a kind that Jupyter does not know: cell {number} is {kind!r}"
            raise _not_a_notebook(why)


def _not_a_notebook(why: str) -> Invalid:
    return Invalid(f"This file can't be used: {why}.", code="not_a_notebook", field="source")
