"""Notebook files of every format: read leniently, raised to nbformat 4.5, written strictly."""

from __future__ import annotations

import importlib
import json
import math
import re
import uuid
from typing import Any, cast

Notebook = dict[str, Any]

MAJOR, MINOR = 4, 5
"""The format that pages get: the first in which cells have ids."""

CELL_TYPES = ("code", "markdown", "raw")

_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONFLICT = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)


class NotANotebook(ValueError):
    """The content of a file is no notebook; the text says why, for a person."""


def parse(content: bytes) -> Notebook:
    """Read a notebook of any format, as it is in the file.

    A byte order mark, UTF-16 and half surrogate pairs are taken as Python's json takes them,
    NaN as browsers do, who know null only; an empty file is a notebook without cells. Raises
    NotANotebook with the reason.
    """
    if not content.strip():
        return {"cells": [], "metadata": {}, "nbformat": MAJOR, "nbformat_minor": MINOR}
    try:
        notebook = json.loads(content, parse_constant=lambda _: None)
    except UnicodeDecodeError as error:
        raise NotANotebook(f"it is not text in UTF-8 (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise NotANotebook(_why_no_json(error)) from error
    except RecursionError as error:
        raise NotANotebook("its JSON is nested too deeply") from error
    check(notebook)
    return cast("Notebook", notebook)


def check(notebook: Any) -> None:
    """Raises NotANotebook, with the reason, unless this JSON is a notebook of some format."""
    if not isinstance(notebook, dict) or not _is_number(notebook.get("nbformat")):
        raise NotANotebook("it is JSON, but names no nbformat, as every Jupyter notebook does")
    if not _is_number(notebook.get("nbformat_minor", 0)):
        raise NotANotebook("its nbformat_minor is no number")
    if notebook["nbformat"] > MAJOR:
        raise NotANotebook(
            f"it is in nbformat {notebook['nbformat']}, which is newer than JupyterLab's 4"
        )
    if notebook["nbformat"] == MAJOR:
        _check_cells(notebook.get("cells"))


def raised(notebook: Notebook) -> tuple[Notebook, bool]:
    """The notebook in nbformat 4.5, every cell with a valid id of its own; whether it changed.

    What other tools do without is filled in: missing metadata, outputs, sources. Ids that
    are there stay. The notebook itself may be changed. Raises NotANotebook when it is of an
    older major format and can't be converted.
    """
    changed = notebook["nbformat"] < MAJOR
    if changed:
        notebook = _converted(notebook)
    if notebook.get("nbformat_minor", -1) < MINOR:
        notebook["nbformat_minor"] = MINOR
        changed = True
    changed = _fill(notebook, {"metadata": dict}) or changed
    for cell in notebook["cells"]:
        changed = _complete_cell(cell) or changed
    return notebook, _give_ids(notebook["cells"]) or changed


def serialized(notebook: Notebook) -> bytes:
    """A notebook file, laid out as nbformat does it; NaN, which JSON lacks, becomes null."""
    options: dict[str, Any] = {"ensure_ascii": False, "indent": 1, "sort_keys": True}
    try:
        text = json.dumps(notebook, allow_nan=False, **options)
    except ValueError:
        text = json.dumps(without_nan(notebook), allow_nan=False, **options)
    return encoded(text + "\n")


def encoded(json_text: str) -> bytes:
    """JSON in UTF-8, which has no half surrogate pairs: those are written as escapes."""
    try:
        return json_text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", json_text).encode()


def without_nan(value: Any) -> Any:
    """`value` with null for each number that JSON does not have, as browsers write it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    return [without_nan(item) for item in value] if isinstance(value, list) else value


def _why_no_json(error: json.JSONDecodeError) -> str:
    text = error.doc
    if conflict := _CONFLICT.search(text):
        line = text.count("\n", 0, conflict.start()) + 1
        return f"it has conflict markers of Git, the first in line {line}: resolve the conflict"
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        return "it is a web page, not the notebook itself: download the raw file"
    return f"it is not JSON: {error.msg} in line {error.lineno}, column {error.colno}"


def _check_cells(cells: Any) -> None:
    if not isinstance(cells, list):
        raise NotANotebook("it has no list of cells")
    for number, cell in enumerate(cells, 1):
        kind = cell.get("cell_type") if isinstance(cell, dict) else None
        if kind not in CELL_TYPES:
            raise NotANotebook(f"cell {number} is of a kind that Jupyter does not know: {kind!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _converted(notebook: Notebook) -> Notebook:
    """The notebook in format 4, by Jupyter's own conversion."""
    # Imported here, because only files from before 2015 need it; and it has no types.
    nbformat: Any = importlib.import_module("nbformat")
    _fill(notebook, {"metadata": dict, "worksheets": list})
    try:
        for sheet in notebook["worksheets"]:
            _fill(sheet, {"metadata": dict, "cells": list})
            for cell in sheet["cells"]:
                _fill(cell, {"metadata": dict})
                if cell.get("cell_type") == "code":
                    _fill(cell, {"outputs": list})
        node = nbformat.reads(json.dumps(notebook), as_version=MAJOR)
    except Exception as error:  # whatever a damaged file makes Jupyter's conversion raise
        reason = f"it is in nbformat {notebook['nbformat']} and can't be converted: {error!r}"
        raise NotANotebook(reason) from error
    converted: Notebook = json.loads(json.dumps(node))
    _check_cells(converted["cells"])
    for transient in ("orig_nbformat", "orig_nbformat_minor"):
        converted["metadata"].pop(transient, None)
    return converted


def _complete_cell(cell: dict[str, Any]) -> bool:
    changed = _fill(cell, {"metadata": dict})
    if cell.get("source") is None:
        cell["source"] = ""
        changed = True
    if cell["cell_type"] != "code":
        return changed
    changed = _fill(cell, {"outputs": list}) or changed
    if "execution_count" not in cell:
        cell["execution_count"] = None
        changed = True
    for output in cell["outputs"]:
        if isinstance(output, dict):
            changed = _complete_output(output) or changed
    return changed


def _complete_output(output: dict[str, Any]) -> bool:
    match output.get("output_type"):
        case "stream" if "name" not in output:
            output["name"] = "stdout"
            return True
        case "display_data" | "execute_result" as kind:
            changed = _fill(output, {"metadata": dict, "data": dict})
            if kind == "execute_result" and "execution_count" not in output:
                output["execution_count"] = None
                return True
            return changed
        case "error":
            return _fill(output, {"ename": str, "evalue": str, "traceback": list})
    return False


def _fill(holder: dict[str, Any], wanted: dict[str, type]) -> bool:
    """Put something empty where `holder` lacks what is `wanted`; whether it lacked anything."""
    lacking = {
        name: kind for name, kind in wanted.items() if not isinstance(holder.get(name), kind)
    }
    for name, kind in lacking.items():
        holder[name] = kind()
    return bool(lacking)


def _give_ids(cells: list[dict[str, Any]]) -> bool:
    """Give each cell an id that is valid and its own; of several alike, the first keeps it."""
    taken: set[str] = set()
    changed = False
    for cell in cells:
        known = cell.get("id")
        if not isinstance(known, str) or not _CELL_ID.fullmatch(known) or known in taken:
            cell["id"] = uuid.uuid4().hex[:8]
            changed = True
        taken.add(cell["id"])
    return changed
