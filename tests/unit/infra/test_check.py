"""`make check` says when `.chalice/` is not what the code says, and which file."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

import app
from ops.checks import cloud

ROOT = Path(app.__file__).parent


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with what is committed."""
    shutil.copytree(
        ROOT / ".chalice", tmp_path / ".chalice", ignore=shutil.ignore_patterns("deploy*")
    )
    return tmp_path


def _found(checkout: Path) -> list[str]:
    return [str(finding) for finding in cloud.stale(checkout)]


def test_a_right_that_is_added_by_hand_is_found(checkout: Path) -> None:
    path = checkout / ".chalice" / "policy-canary.json"
    policy = json.loads(path.read_text())
    policy["Statement"][1]["Action"] = "dynamodb:Scan"
    path.write_text(json.dumps(policy, indent=2))

    (finding,) = _found(checkout)

    assert finding == (
        ".chalice/policy-canary.json:1: not up to date. Run: .venv/bin/python -m infra"
    )


def test_a_right_that_is_declared_and_not_written_is_found(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _declare(monkeypatch, "idle_sweep", "scan notebooks")

    (finding,) = _found(checkout)

    assert finding.startswith(".chalice/policy-idle-sweep.json:1: not up to date")


def test_a_right_that_there_is_not_is_found(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _declare(monkeypatch, "idle_sweep", "scan notebok")

    (finding,) = _found(checkout)

    assert finding == "infra:1: “scan notebok” names no table. Did you mean notebooks?"


def test_nothing_is_found_in_what_is_committed(checkout: Path) -> None:
    assert not _found(checkout)


def _declare(monkeypatch: pytest.MonkeyPatch, name: str, right: str) -> None:
    """Let an entry point ask for one right more."""
    (entry_point,) = [each for each in app.FUNCTIONS if each.declared.name == name]
    more = dataclasses.replace(entry_point.declared, may=(*entry_point.declared.may, right))
    monkeypatch.setattr(entry_point, "declared", more)
