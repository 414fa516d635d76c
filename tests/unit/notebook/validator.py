"""Jupyter's own judgement of notebook files, by the nbformat of the notebook's environment."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Self

from tests.unit.notebook.parts import BIN

PROGRAM = """
import json, sys, warnings
import nbformat
warnings.simplefilter("error")
for path in sys.stdin:
    try:
        with open(path.rstrip("\\n"), encoding="utf-8") as file:
            nbformat.validate(json.load(file))
    except Exception as error:
        print(" ".join(repr(error).split()), flush=True)
    else:
        print(flush=True)
"""


class Validator:
    """A process that validates one file after the other."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [BIN / "python", "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()

    def fault(self, file: Path) -> str:
        """Why a file is no valid notebook; empty if it is one."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{file}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()
