"""More than one change of a table's indexes is refused before CloudFormation refuses it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ops.checks import cloud
from ops.deploy.indexes import refused


def _index(name: str, key: str = "k") -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}]}


def _table(*indexes: dict[str, Any]) -> dict[str, Any]:
    properties = {"GlobalSecondaryIndexes": list(indexes)} if indexes else {}
    return {"RowsTable": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}


A, B, C = _index("a"), _index("b"), _index("c")


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (_table(), _table(A, B), "a is made, b is made"),
        (_table(A, B), _table(), "a is deleted, b is deleted"),
        (_table(A), _table(B), "a is deleted, b is made"),
        (_table(A), _table(_index("a", "other")), "a is deleted, a is made"),
        (_table(A), _table(A, B, C), "b is made, c is made"),
    ],
)
def test_two_changes_of_one_table_are_refused_by_name(
    before: dict[str, Any], after: dict[str, Any], says: str
) -> None:
    (why,) = refused(before, after)

    assert why.startswith(f"RowsTable: {says}. ")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, _table(A, B, C)),
        (_table(A, B), {}),
        (_table(A, B), _table(B, A)),
        (_table(A), _table(A, B)),
        (_table(A, B), _table(A)),
        ({"RowsTable": {"Type": "AWS::SNS::Topic"}}, _table(A, B)),
        (_table(A, B), {"RowsTable": {"DependsOn": "X"}}),
    ],
)
def test_new_tables_and_single_changes_may_be_deployed(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert not list(refused(before, after))


def test_a_change_of_each_of_two_tables_may_be_deployed() -> None:
    before = {**_table(), "Other": _table()["RowsTable"]}
    after = {**_table(A), "Other": _table(B)["RowsTable"]}

    assert not list(refused(before, after))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / ".chalice").mkdir()
    return tmp_path


def _write(checkout: Path, resources: dict[str, Any], *, commit: bool = True) -> None:
    path = checkout / ".chalice" / "resources.json"
    path.write_text(json.dumps({"Resources": resources}))
    if commit:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "add", "."], cwd=checkout, check=True)
        subprocess.run(
            ["git", *who, "commit", "--quiet", "--allow-empty", "-m", "x"], cwd=checkout, check=True
        )


def _found(checkout: Path) -> list[str]:
    return [str(finding) for finding in cloud.two_indexes(checkout)]


def test_the_check_holds_what_is_not_committed_against_what_is(checkout: Path) -> None:
    _write(checkout, _table())
    _write(checkout, _table(A, B), commit=False)

    (finding,) = _found(checkout)

    assert finding.startswith(".chalice/resources.json:1: RowsTable: a is made, b is made")


def test_the_check_holds_the_last_commit_against_the_one_before_that_differs(
    checkout: Path,
) -> None:
    _write(checkout, _table(A))
    _write(checkout, _table(B))
    (checkout / "other").write_text("x")
    _write(checkout, _table(B))

    assert len(_found(checkout)) == 1


def test_one_index_a_commit_is_fine_and_so_is_a_checkout_without_history(checkout: Path) -> None:
    _write(checkout, _table(), commit=False)
    assert not _found(checkout)

    for resources in (_table(), _table(A), _table(A, B)):
        _write(checkout, resources)
        assert not _found(checkout)
