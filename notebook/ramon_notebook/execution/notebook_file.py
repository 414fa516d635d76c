"""Writing outputs into a notebook file, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ramon_notebook.execution.outputs import Output, same
from ramon_notebook.execution.widgets import Widgets
from ramon_notebook.files import read_file, replace_file
from ramon_notebook.notebook_format import MAJOR, NotANotebook, parse, serialized

_SPLIT_MIME_TYPES = ("application/javascript", "image/svg+xml")
"""Text that nbformat writes in lines, beside everything that is text/…"""


@dataclass(frozen=True)
class CellResult:
    """What a cell has to show after a run of it."""

    cell_id: str
    execution_count: int | None
    outputs: list[Output]


class Notary(Protocol):
    """Who knows which notebooks are trusted (`trust.Notary`)."""

    def trusts(self, nb: dict[str, Any], run_here: Collection[str]) -> bool:
        """Whether a notebook may be signed after these cells got the outputs that they made."""

    def sign_at(self, path: Path, nb: dict[str, Any]) -> None:
        """Trust this notebook, which is saved at `path`."""


@dataclass(frozen=True)
class Written:
    """What became of results: whether the file changed, the cells that it has, and the file."""

    changed: bool
    cells: frozenset[str]
    file: os.stat_result


def write_results(
    path: Path,
    results: Collection[CellResult],
    notary: Notary | None = None,
    widgets: Widgets | None = None,
) -> Written:
    """Put `results` under their cells in the notebook at `path`.

    notary: signs the notebook, if only results made here were added to what was trusted.
    widgets: know how the widgets look that the outputs show.
    A cell that the file does not have is left out: whoever saved the file last did not want
    it. Sources are never touched. Raises OSError, FileChanged when somebody else wrote the
    file at the same moment, and NotANotebook for what is no notebook of format 4.
    """
    looked = path.stat()
    notebook = parse(read_file(path))
    cells = _code_cells(notebook)
    trusted = notary is not None and _trusts(notary, notebook, results)
    changed = False
    for result in results:
        cell = cells.get(result.cell_id)
        changed = (cell is not None and _update(cell, result)) or changed
    if widgets:
        changed = _note_looks(notebook, widgets) or changed
    if changed:
        replace_file(path, serialized(notebook), read=looked)
        looked = path.stat()
        if notary is not None and trusted:
            notary.sign_at(path, notebook)
    return Written(changed, frozenset(cells), looked)


def has_a_cell(path: Path, cell_ids: Collection[str]) -> bool:
    """Whether there is a notebook at `path` that has one of these code cells."""
    try:
        return not _code_cells(parse(read_file(path))).keys().isdisjoint(cell_ids)
    except (OSError, NotANotebook):
        return False


def _trusts(notary: Notary, notebook: dict[str, Any], results: Collection[CellResult]) -> bool:
    try:
        return notary.trusts(notebook, {result.cell_id for result in results})
    except (AttributeError, KeyError, TypeError):  # it lacks a part that signing wants
        return False


def _note_looks(notebook: dict[str, Any], widgets: Widgets) -> bool:
    before = notebook["metadata"].get("widgets")
    widgets.put_into(notebook)
    return bool(notebook["metadata"].get("widgets") != before)


def _code_cells(notebook: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The code cells by id; of several with one id, the first, which keeps it."""
    if notebook["nbformat"] != MAJOR:
        raise NotANotebook(f"it is in nbformat {notebook['nbformat']}: open it once")
    cells: dict[str, dict[str, Any]] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and isinstance(cell.get("id"), str):
            cells.setdefault(cell["id"], cell)
    return cells


def _update(cell: dict[str, Any], result: CellResult) -> bool:
    new = {"execution_count": result.execution_count, "outputs": result.outputs}
    if same(new, {name: cell.get(name) for name in new}):
        return False
    cell["execution_count"] = result.execution_count
    cell["outputs"] = [_in_lines(output) for output in result.outputs]
    return True


def _in_lines(output: Output) -> Output:
    """The output with long texts as lists of lines, as nbformat writes them."""
    if output["output_type"] == "stream":
        return output | {"text": output["text"].splitlines(keepends=True)}
    if "data" not in output:
        return output
    return output | {"data": {kind: _lines(kind, data) for kind, data in output["data"].items()}}


def _lines(kind: str, data: Any) -> Any:
    splits = kind.startswith("text/") or kind in _SPLIT_MIME_TYPES
    return data.splitlines(keepends=True) if splits and isinstance(data, str) else data
