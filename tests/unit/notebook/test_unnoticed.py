"""A page whose notebook is written behind its back is told what it knows, at every moment."""

import asyncio
import json
import os
from collections.abc import Callable, Collection
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ramon_notebook.execution.execution import Execution
from ramon_notebook.execution.unnoticed import Unnoticed
from ramon_notebook.execution.widgets import Widgets
from ramon_notebook.execution.writer import Writer
from tests.unit.notebook.parts import notebook_json


class LooksWhileSigning:
    """Signs slowly: meanwhile the new file is there, and a page looks."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look

    def trusts(self, nb: dict[str, Any], run_here: Collection[str]) -> bool:
        self._look()
        return True

    def sign_at(self, path: Path, nb: dict[str, Any]) -> None:
        self._look()


class Told:
    """A notebook, outputs that are written into it, and what a page is told meanwhile."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.file.write_bytes(notebook_json("1"))
        self.unnoticed = Unnoticed()
        self.hashes: list[str] = []
        self._writer = Writer(
            self.unnoticed.writing, lambda *_: None, LooksWhileSigning(self.look), Widgets()
        )

    def look(self) -> None:
        """Ask as JupyterLab does before and after each save."""
        found = sha256(self.file.read_bytes()).hexdigest()
        known = self.unnoticed.as_known(self.file)
        self.hashes.append(known.hash if known else found)

    def write(self, text: str) -> None:
        """Write an output of a cell whose page is away."""
        execution = Execution("kernel", "request", "c0", "page", {}, started=True)
        execution.outputs.add("stream", {"name": "stdout", "text": text})
        asyncio.run(self._writer.write(self.file, [execution]))


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path / "a.ipynb")


def test_a_page_is_told_the_same_before_while_and_after_outputs_are_written(told: Told) -> None:
    told.look()
    for text in ("first", "second"):
        told.write(text)
        told.look()
        assert text in told.file.read_text()
    assert len(told.hashes) == 7
    assert len(set(told.hashes)) == 1


def test_what_somebody_else_writes_is_told_also_right_after_outputs_are_written(
    told: Told,
) -> None:
    told.look()
    told.write("output")
    told.file.write_bytes(notebook_json("somebody else's"))
    told.look()
    assert told.hashes[-1] != told.hashes[0]


def test_what_somebody_else_writes_while_outputs_are_signed_is_not_taken_for_ours(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.look()

    def overwrite(*_: object) -> None:
        before = told.file.stat().st_mtime_ns
        told.file.write_bytes(notebook_json("somebody else's"))
        os.utime(told.file, ns=(before + 1, before + 1))

    monkeypatch.setattr(LooksWhileSigning, "sign_at", overwrite)
    told.write("output")
    told.look()
    assert told.hashes[-1] == sha256(told.file.read_bytes()).hexdigest()


def test_a_write_that_fails_leaves_what_is_told(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.write("output")
    told.look()
    monkeypatch.setattr("ramon_notebook.execution.notebook_file.replace_file", _full)
    told.write("more")
    told.look()
    assert len(set(told.hashes)) == 1
    told.file.write_bytes(notebook_json("somebody else's"))
    told.look()
    assert told.hashes[-1] != told.hashes[0]


def _full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_moved_file_keeps_looking_as_its_page_knows_it(told: Told, tmp_path: Path) -> None:
    told.look()
    told.write("output")
    old, new = tmp_path, tmp_path.with_name("moved")
    old.rename(new)
    told.unnoticed.moved({old: new})
    told.file = new / "a.ipynb"
    told.look()
    assert len(set(told.hashes)) == 1
    assert json.loads(told.file.read_bytes())["cells"][0]["outputs"]
