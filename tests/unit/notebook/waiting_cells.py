"""Cells that print, wait for a file, and print again; and their notebooks on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support import eventually
from tests.unit.notebook.page import Page, shown_text
from tests.unit.notebook.parts import notebook_json


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
    eventually(lambda: f"{name} began" in page.text(cell_id))


def let_end(workspace: Path, name: str) -> None:
    (workspace / f"{name}.go").touch()
