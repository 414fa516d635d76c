"""`import ramon` is quick because of what it leaves out; each part is loaded on its first use."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.unit.client.conftest import ROOT, python
from tests.unit.notebook.parts import BIN

HEAVY = {"asyncio", "dask", "distributed", "http.client", "IPython", "ipywidgets", "joblib", "ssl"}


def loaded_by(code: str) -> set[str]:
    """Modules that a fresh process has after `code`, but not before."""
    modules: list[str] = python(
        f"import json, sys; before = set(sys.modules); {code}; "
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    return set(modules)


def test_an_import_loads_one_module_of_the_library_and_nothing_that_is_slow() -> None:
    loaded = loaded_by("import ramon")
    assert not loaded & HEAVY
    assert {name for name in loaded if name.startswith("ramon")} == {"ramon"}


def test_errors_and_the_command_line_need_no_dask() -> None:
    loaded = loaded_by("import ramon; ramon.errors.RamonError; import ramon.cli, ramon.overview")
    assert not loaded & {"dask", "distributed", "IPython", "ipywidgets", "joblib"}


def test_a_worker_loads_only_what_runs_calls() -> None:
    loaded = loaded_by("import ramon._calls")
    ours = {name for name in loaded if name.startswith("ramon")}
    parts = {"ramon._calls", "ramon._code", "ramon._packed", "ramon._raised"}
    assert ours == {"ramon", "ramon.errors", *parts}
    assert not loaded & {"dask", "distributed", "http.client"}


def test_what_can_be_used_is_listed_and_nothing_else_is_there() -> None:
    code = "import json, ramon; print(json.dumps([dir(ramon), hasattr(ramon, 'nonsense')]))"
    listed, nonsense = python(code)
    assert {"Cluster", "clusters", "errors", "saved_results", "usage"} <= set(listed)
    assert not nonsense


def test_a_script_that_processes_run_once_more_starts_no_cluster_in_each(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("""
import multiprocessing, ramon
try:
    ramon.Cluster(1)
except ramon.errors.NotInNotebook:
    process = multiprocessing.get_context("spawn").Process(target=print)
    process.start()
    process.join()
""")

    ran = subprocess.run(
        [BIN / "python", script],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "client")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert 'Put what it does under if __name__ == "__main__"' in ran.stderr


def test_outside_a_notebook_a_cluster_says_where_it_can_be_started() -> None:
    code = """
import json, ramon
from ramon._agent import Agent
try:
    Agent.here()
except ramon.errors.NotInNotebook as error:
    print(json.dumps(str(error)))
"""
    said = python(code)
    assert "Open a notebook" in said
    assert "ramon login" in said
