"""The Python side: `.venv` with all tools, and `.venv/notebook`, the notebook image's twin."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from ops.setup.progress import StepFailed, run
from ops.setup.steps import ROOT, VENV, Step

UV = VENV / "bin" / "uv"
PYTHON = VENV / "bin" / "python"
NOTEBOOK = ROOT / "notebook"
NOTEBOOK_VENV = VENV / "notebook"
LIBRARY = ROOT / "client"

_UV_PIN = ROOT / "ops" / "setup" / "uv.txt"
_PACKAGES = (ROOT / "requirements-dev.txt", _UV_PIN)


def environment() -> Step:
    """`.venv` itself, with the installer in it."""
    return Step(
        name="Python environment",
        makes=UV,
        run=_make_environment,
        sources=(_UV_PIN,),
        facts=(sys.version, sys.prefix, str(VENV)),
    )


def packages(extra: tuple[Path, ...]) -> Step:
    """Everything in `requirements-dev.txt` and in the `extra` requirement files."""
    files = (*_PACKAGES, *extra)
    return Step(
        name="Python packages",
        makes=VENV / "bin" / "pytest",
        run=lambda: _uv("pip", "sync", "--require-hashes", "--compile-bytecode", *files),
        sources=files,
        facts=(sys.version,),
    )


def notebook_packages() -> Step:
    """JupyterLab and its companions, in an environment of their own as in the image."""
    requirements = NOTEBOOK / "requirements.txt"
    return Step(
        name="notebook packages",
        makes=NOTEBOOK_VENV / "bin" / "python",
        run=lambda: _make_notebook_environment(requirements),
        sources=(requirements,),
        facts=(sys.version,),
    )


def notebook_agent() -> Step:
    """Our own part of the notebook image, installed as the image installs it."""
    return Step(
        name="notebook agent",
        makes=NOTEBOOK_VENV / "bin" / "ramon-notebook",
        run=lambda: _install_ours(NOTEBOOK),
        sources=(NOTEBOOK,),
        facts=(sys.version,),
    )


def notebook_library() -> Step:
    """The library `ramon`, installed as the image installs it."""
    library = "lib/python{}.{}/site-packages/ramon".format(*sys.version_info)
    return Step(
        name="notebook library",
        makes=NOTEBOOK_VENV / library,
        run=lambda: _install_ours(LIBRARY),
        sources=(LIBRARY,),
        facts=(sys.version,),
    )


def _make_environment() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        raise StepFailed(
            "This Python cannot make virtual environments. On Debian and Ubuntu:\n"
            "    apt-get install python3-venv"
        )
    # Stamps go too: what they vouch for is gone.
    shutil.rmtree(VENV, ignore_errors=True)
    env = dict(os.environ)
    run([sys.executable, "-m", "venv", VENV], cwd=ROOT, env=env)
    pip: list[str | Path] = [PYTHON, "-m", "pip", "--disable-pip-version-check"]
    run([*pip, "install", "--require-hashes", "-r", _UV_PIN], cwd=ROOT, env=env)


def _make_notebook_environment(requirements: Path) -> None:
    _uv("venv", "--clear", "--no-project", "--python", PYTHON, NOTEBOOK_VENV)
    _uv("pip", "sync", "--require-hashes", "--compile-bytecode", requirements, into=NOTEBOOK_VENV)


def _install_ours(package: Path) -> None:
    _uv(
        *("pip", "install", "--no-deps", "--compile-bytecode", "--reinstall"),
        package,
        into=NOTEBOOK_VENV,
    )


def _uv(*arguments: str | Path, into: Path = VENV) -> None:
    env = {
        **os.environ,
        "VIRTUAL_ENV": str(into),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
    }
    run([UV, *arguments], cwd=ROOT, env=env)
