"""Calls, their results and their errors, on a cluster of Dask's: no service is needed for that.

The checks are in `inside/`; each module of them runs in one Python of the notebook's environment.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.unit.client.conftest import FOLDER, ROOT
from tests.unit.notebook.parts import BIN

MODULES = ("call_errors", "lazy_map", "sent_once", "watched_to_the_end")


@cache
def said(module: str) -> dict[str, str]:
    """What each check of a module said, "" if it held."""
    code = f"from inside.runner import run; run({module!r})"
    environ = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'client'}:{FOLDER}",
        "TESTS_PACKAGES": str(Path(pytest.__file__).parents[1]),
    }
    command = [str(BIN / "python"), "-c", code]
    ran = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=200, check=False
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    answer: dict[str, str] = json.loads(ran.stdout.splitlines()[-1])
    return answer


def names() -> list[tuple[str, str]]:
    """Every check: its module and its name."""
    found = []
    for module in MODULES:
        lines = Path(FOLDER, "inside", f"{module}.py").read_text().splitlines()
        defined = (line.partition("(")[0] for line in lines if line.startswith("def "))
        public = (name.removeprefix("def ") for name in defined)
        found += [(module, name) for name in public if not name.startswith("_")]
    return found


@pytest.mark.parametrize(("module", "name"), names())
def test_calls_on_a_cluster(module: str, name: str) -> None:
    assert not said(module)[name], said(module)[name]
