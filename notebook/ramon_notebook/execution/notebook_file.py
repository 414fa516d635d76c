"""Writing outputs into a notebook file, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ramon_notebook.execution.outputs import Output


@dataclass(frozen=True)
class CellResult:
    """What a cell has to show after `code` ran in it."""

    cell_id: str
    code: str
    execution_count: int | None
    outputs: list[Output]


class Notary(Protocol):
    """Who knows which notebooks are trusted (`trust.Notary`)."""

    def trusts(self, nb: dict[str, Any], run_here: Collection[str]) -> bool:
        """Whether a notebook may be signed after these cells got the outputs that they made."""

    def sign_at(self, path: Path, nb: dict[str, Any]) -> None:
        """Trust this notebook, which is saved at `path`."""


def write_results(
    path: Path, results: Collection[CellResult], notary: Notary | None = None
) -> bool:
    """Put `results` into the notebook at `path`; whether that changed it.

    notary: signs the notebook, if only results made here were added to what was trusted.
    A cell that was run but never saved is added at the end. Raises OSError, and ValueError
    for a file that is not a notebook of format 4.
    """
    notebook = json.loads(path.read_bytes())
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        raise ValueError(f"{path.name} is not a notebook of format 4.")
    cells = {cell.get("id"): cell for cell in notebook["cells"]}
    trusted = notary and notary.trusts(notebook, {result.cell_id for result in results})
    changed = False
    for result in results:
        cell = cells.get(result.cell_id)
        if cell is None:
            cell = cells[result.cell_id] = _new_cell(result)
            notebook["cells"].append(cell)
        changed = _update(cell, result) or changed
    if changed:
        _replace(path, notebook)
        if notary and trusted:
            notary.sign_at(path, notebook)
    return changed


def _new_cell(result: CellResult) -> dict[str, Any]:
    return {"cell_type": "code", "id": result.cell_id, "metadata": {}, "source": result.code}


def _update(cell: dict[str, Any], result: CellResult) -> bool:
    if cell.get("cell_type") != "code":
        return False
    new: dict[str, Any] = {"execution_count": result.execution_count, "outputs": result.outputs}
    if _joined(cell.get("source", "")) != result.code:
        new["source"] = result.code
    old = {name: cell.get(name) for name in new}
    if _normal(old) == _normal(new):
        return False
    cell.update(new)
    return True


def _replace(path: Path, notebook: dict[str, Any]) -> None:
    """Write as nbformat does, and so that nobody ever sees half of it."""
    for cell in notebook["cells"]:
        cell["source"] = _lines(cell.get("source", ""))
        for output in cell.get("outputs", ()):
            if output.get("output_type") == "stream":
                output["text"] = _lines(output["text"])
    half = path.with_name(f".~{path.name}")
    text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    half.write_text(text, encoding="utf-8")
    half.chmod(path.stat().st_mode & 0o777)
    half.replace(path)


def _lines(text: str | list[str]) -> list[str]:
    return _joined(text).splitlines(keepends=True)


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _normal(value: Any) -> Any:
    """`value` with every list of lines joined, as files may hold text either way."""
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(item, str) for item in value):
            return "".join(value)
        return [_normal(item) for item in value]
    return value
