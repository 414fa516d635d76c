"""A notebook server with real schedulers and workers, and checks that run beside it as a kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.notebook.fake_clusters import Running, running

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[2]

Checks = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A notebook server that is ready, for all tests of a module."""
    with running(tmp_path_factory.mktemp("notebook")) as started:
        yield started


@pytest.fixture(scope="module")
def checks(notebook: Running) -> Checks:
    """Run the checks of a module in `inside/` as one kernel; what each said, "" if it held.

    What comes after the module's name are its arguments.
    """

    def run(module: str, *arguments: str) -> dict[str, str]:
        code = f"""
            import sys
            sys.path.insert(0, {str(FOLDER)!r})
            from inside.runner import run
            run(*{(module, *arguments)!r})
        """
        printed = notebook.python("\n".join(map(str.strip, code.splitlines())), timeout=200)
        said: dict[str, str] = json.loads(printed.splitlines()[-1])
        return said

    return run


def python(code: str, **environ: str) -> Any:
    """What a fresh Python of the notebook, without a notebook, printed for `code` as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "client"), **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)
