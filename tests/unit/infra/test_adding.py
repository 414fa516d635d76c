"""A table is one class, a sweep is one function and one line; nothing else is written by hand."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import app

ROOT = Path(app.__file__).parent

A_CLASS = """

class Reminder(Model):
    class Meta(db.BaseMeta):
        table_name = db.table("reminders")

    account_id = Text(hash_key=True)
    at = Integer(range_key=True)
"""

A_FUNCTION = """

@schedule(EVERY_FIVE_MINUTES, alarm="billing", may=("query reminders", "speak with Stripe"))
def remind() -> None:
    pass
"""

A_LINE = "remind = _function(billing_jobs.remind)\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The sources that the stack is written from, and what is written from them."""
    for name in ("chalicelib", "infra", "stepfunctions", ".chalice"):
        unwanted = shutil.ignore_patterns("__pycache__", "deploy*")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=unwanted)
    shutil.copy(ROOT / "app.py", tmp_path)
    return tmp_path


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def _infra(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra"], cwd=checkout, capture_output=True, text=True, check=False
    )


def _documents(checkout: Path) -> dict[str, Any]:
    return {path.name: json.loads(path.read_text()) for path in (checkout / ".chalice").iterdir()}


def test_one_class_one_function_and_one_line_make_a_table_and_a_sweep(checkout: Path) -> None:
    before = _documents(checkout)
    _append(checkout / "chalicelib/billing/models.py", A_CLASS)
    _append(checkout / "chalicelib/billing/jobs.py", A_FUNCTION)
    _append(checkout / "app.py", A_LINE)

    said = _infra(checkout)

    assert said.returncode == 0, said.stderr
    after = _documents(checkout)
    made = after["resources.json"]["Resources"]
    assert set(after) - set(before) == {"policy-remind.json"}
    assert set(made) - set(before["resources.json"]["Resources"]) == {
        "RemindersTable",
        "Remind",
        "RemindLogs",
        "RemindErrors",
        "RemindMissing",
    }
    assert after["config.json"]["lambda_functions"]["remind"] == {
        "iam_policy_file": "policy-remind.json"
    }
    granted = [each["Action"] for each in after["policy-remind.json"]["Statement"][1:]]
    assert granted == ["dynamodb:Query", "secretsmanager:GetSecretValue"]
    # Nothing that was there is any different.
    for documents in (before, after):
        documents["state.json"]["tables"].pop("reminders", None)
        documents["config.json"]["lambda_functions"].pop("remind", None)
        for name in set(made) - set(before["resources.json"]["Resources"]):
            documents["resources.json"]["Resources"].pop(name, None)
    assert after | {"policy-remind.json": None} == before | {"policy-remind.json": None}


def test_a_sweep_without_its_line_is_refused_and_nothing_is_written(checkout: Path) -> None:
    before = _documents(checkout)
    _append(checkout / "chalicelib/billing/jobs.py", A_FUNCTION)

    said = _infra(checkout)

    assert said.returncode == 2
    assert said.stderr == (
        "Nothing was written. remind is declared, but app.py does not register it.\n"
    )
    assert _documents(checkout) == before
