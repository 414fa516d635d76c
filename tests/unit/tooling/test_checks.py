"""Our own rules find what breaks them, and nothing else."""

import subprocess
from pathlib import Path

import pytest

from ops.checks import code, files

SERVICE = "chalicelib/notebooks/service.py"


def _findings(root: Path, name: str, source: str) -> list[str]:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    return [str(finding) for finding in code.findings(root)]


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['A']",
        "import os\nos.getenv('A')",
        "from os import environ",
        "import os as system\nsystem.environ.get('A')",
    ],
)
def test_reading_the_environment_is_found(tmp_path: Path, source: str) -> None:
    (finding, *_) = _findings(tmp_path, SERVICE, source)
    assert "only core/config.py reads the environment" in finding
    assert not _findings(tmp_path / "other", "chalicelib/core/config.py", source)


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.time()",
        "from time import sleep",
        "from datetime import datetime\ndatetime.now()",
        "import datetime as dt\ndt.datetime.now(dt.UTC)",
        "from datetime import date\ndate.today()",
    ],
)
def test_telling_the_time_is_found(tmp_path: Path, source: str) -> None:
    (finding, *_) = _findings(tmp_path, SERVICE, source)
    assert "only core/clock.py tells the time" in finding
    assert not _findings(tmp_path / "other", "chalicelib/core/clock.py", source)


@pytest.mark.parametrize("writes", ["save(", "update([], ", "delete("])
def test_a_conditional_write_of_ones_own_making_is_found(tmp_path: Path, writes: str) -> None:
    source = f"def f(row):\n    row.{writes}condition=row.id.exists())"
    (finding,) = _findings(tmp_path, SERVICE, source)
    assert "conditional writes are db.put_new" in finding
    assert not _findings(tmp_path / "other", "chalicelib/core/db.py", source)


@pytest.mark.parametrize(
    "source",
    [
        "def f(write, row):\n    write.update('row', row, [], condition=row.id.exists())",
        "def f(row):\n    row.save()",
        "import os\nos.path.join('a', 'b')",
        "from datetime import datetime, timedelta\ndatetime.fromisoformat('2026-01-01')",
        "class Clock:\n    time = 1\nClock().time",
        "def f(time: int) -> int:\n    return time.bit_length()",
    ],
)
def test_what_only_looks_like_it_is_left_alone(tmp_path: Path, source: str) -> None:
    assert not _findings(tmp_path, SERVICE, source)


def test_the_application_may_import_entry_points_and_core_only(tmp_path: Path) -> None:
    source = (
        "from chalice.app import Chalice\n"
        "from chalicelib.core import http\n"
        "from chalicelib.notebooks import jobs, routes\n"
        "from chalicelib.notebooks.jobs import sweep\n"
        "from chalicelib.notebooks import service\n"
    )
    (finding,) = _findings(tmp_path, "app.py", source)
    assert finding.startswith("app.py:5: chalicelib.notebooks.service")


@pytest.mark.parametrize(
    "source", ["from infra import tables", "from infra.tables import models", "import infra"]
)
@pytest.mark.parametrize("place", ["ops/deploy/stack.py", "localcloud/tables.py", "app.py"])
def test_only_the_checks_ask_the_program_that_writes_the_stack(
    tmp_path: Path, place: str, source: str
) -> None:
    (finding,) = _findings(tmp_path, place, source)
    assert finding.startswith(f"{place}:1: infra")
    assert "only ops/checks imports infra" in finding
    assert not _findings(tmp_path / "other", "ops/checks/cloud.py", source)


def test_a_registry_and_a_path_of_this_machine_are_found_in_tracked_files(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "lock").write_text("fine\nhttps://registry." + "npmjs.org/x\n")
    (tmp_path / "notes").write_text(f"see {tmp_path}/lock\n")
    (tmp_path / "untracked").write_text(f"{tmp_path}/lock\n")
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff")
    subprocess.run(["git", "add", "lock", "notes", "picture"], cwd=tmp_path, check=True)
    found = [str(finding) for finding in files.findings(tmp_path)]
    assert found == ["lock:2: names a package registry", "notes:1: names a path of this machine"]


def test_what_a_feature_keeps_must_be_looked_after(tmp_path: Path) -> None:
    kept = "def contents(account_id: str) -> set[str]: ..."
    (finding,) = _findings(tmp_path, "chalicelib/datasets/kept.py", kept)
    assert finding.endswith("datasets.kept.contents: chalicelib/upkeep/features.py lacks it")

    listing = "from chalicelib.datasets import kept\nkept.contents"
    assert not _findings(tmp_path, "chalicelib/upkeep/features.py", listing)
