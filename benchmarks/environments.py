"""Environments of the peers, made on first use and again when their requirements change."""

import os
import sys
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

from benchmarks.errors import BenchmarkError
from ops.setup.progress import StepFailed, announced, run
from ops.setup.python import PYTHON, UV
from ops.setup.steps import ROOT, VENV, Step


def stock() -> Path:
    """The programs of JupyterLab as pip gives it. Raises BenchmarkError."""
    return _programs("stock", "jupyter-lab")


def peer() -> Path:
    """The programs of JupyterHub as pip gives it. Raises BenchmarkError."""
    return _programs("peer", "jupyterhub")


def clusters() -> Path:
    """The programs of Dask Gateway, its Python among them. Raises BenchmarkError."""
    return _programs("clusters", "dask-gateway-server")


def _programs(name: str, program: str) -> Path:
    requirements = ROOT / "benchmarks" / f"{name}.txt"
    folder = VENV / name
    step = Step(
        name=f"environment of the benchmarks: {name}",
        makes=folder / "bin" / program,
        run=partial(_make, folder, requirements),
        sources=(requirements,),
        facts=(sys.version,),
    )
    if not step.is_current():
        _do(step)
    return folder / "bin"


def _do(step: Step) -> None:
    # Standard output is for the report alone.
    with redirect_stdout(sys.stderr):
        try:
            with announced(step.name):
                step.do()
        except StepFailed as failure:
            raise BenchmarkError(str(failure)) from failure


def _make(folder: Path, requirements: Path) -> None:
    _uv(folder, "venv", "--clear", "--no-project", "--python", PYTHON, folder)
    _uv(folder, "pip", "sync", "--require-hashes", "--compile-bytecode", requirements)


def _uv(folder: Path, *arguments: str | Path) -> None:
    settings = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    run([UV, *arguments], cwd=ROOT, env={**os.environ, "VIRTUAL_ENV": str(folder), **settings})
