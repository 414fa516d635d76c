"""What is in the notebook's environment, and what must stay out of it."""

import re
import subprocess
from pathlib import Path

import pytest

IMAGE = Path("notebook")


def run_python(notebook_bin: Path, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [notebook_bin / "python", "-c", code], capture_output=True, text=True, check=False
    )


def test_the_import_that_takes_three_seconds_is_not_there(notebook_bin: Path) -> None:
    ran = run_python(notebook_bin, "import rfc3987_syntax")
    assert "ModuleNotFoundError" in ran.stderr


@pytest.mark.parametrize(
    "module",
    [
        *("numpy", "pandas", "matplotlib", "ipywidgets", "jupyterlab", "pip", "uv"),
        *("ramon", "dask.array", "dask.dataframe", "distributed", "bokeh", "joblib"),
    ],
)
def test_what_a_researcher_expects_is_there(notebook_bin: Path, module: str) -> None:
    found = run_python(notebook_bin, f"import importlib.util as u; assert u.find_spec('{module}')")
    assert found.returncode == 0


def test_the_start_imports_nothing_that_only_later_parts_need(notebook_bin: Path) -> None:
    code = "import ramon_notebook.server.run, ramon_notebook.server.lab, sys; print(*sys.modules)"
    ran = run_python(notebook_bin, code)
    assert ran.returncode == 0, ran.stderr
    slow = {
        "dask",
        "distributed",
        "cryptography",
        "ramon",
        "numpy",
        "pandas",
        "matplotlib",
        "aiohttp",
        "httpx",
        "nbconvert",
        "watchfiles",
        "IPython",
    }
    assert not slow & set(ran.stdout.split())


def test_every_requirement_is_pinned_with_hashes() -> None:
    lines = (IMAGE / "requirements.txt").read_text().splitlines()
    names = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert len(names) > 50
    assert all(re.match(r"[a-zA-Z0-9._-]+==[^ ]+ ", line) for line in names)
    assert all("--hash=sha256:" in line for line in lines if line.startswith(" "))
    assert "://" not in "\n".join(lines)
