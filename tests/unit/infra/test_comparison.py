"""A change of rights is told as rights, however the policies are arranged."""

import json
import subprocess
from pathlib import Path

import pytest

from infra import __main__, comparison, stack
from infra.cloudformation import Json, allow, att, policy_document, sub

TABLE, INDEX = att("RowsTable", "Arn"), sub("${RowsTable.Arn}/index/a")


def _policy(*statements: Json) -> Json:
    return policy_document(list(statements))


def test_what_is_only_arranged_differently_is_the_same() -> None:
    together = _policy(allow("All", ["d:Get", "d:Put"], [TABLE, INDEX]))
    apart = _policy(
        allow("A", "d:Put", [INDEX, TABLE]),
        allow("B", "d:Get", TABLE),
        allow("C", ["d:Get"], INDEX),
    )

    assert not list(comparison.differences({"policy-x.json": together}, {"policy-x.json": apart}))


def test_gained_and_lost_rights_are_told_one_by_one() -> None:
    before = {"policy-x.json": _policy(allow("A", ["d:Get", "d:Put"], TABLE))}
    after = {
        "policy-x.json": _policy(allow("A", "d:Get", [TABLE, INDEX])),
        "policy-new.json": _policy(allow("A", "d:Get", "*", {"Bool": {"a": "b"}})),
    }

    assert list(comparison.differences(before, after)) == [
        '+ new  d:Get  *  {"Bool": {"a": "b"}}',
        "+ x  d:Get  ${RowsTable.Arn}/index/a",
        "- x  d:Put  RowsTable.Arn",
    ]


def test_a_condition_that_is_dropped_is_a_right_gained() -> None:
    bound = _policy(allow("A", "d:Get", TABLE, {"Bool": {"a": "b"}}))
    free = _policy(allow("A", "d:Get", TABLE))

    lines = list(comparison.differences({"policy-x.json": bound}, {"policy-x.json": free}))

    assert lines[0] == "+ x  d:Get  RowsTable.Arn"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of one commit, in which a function may get rows."""
    found = tmp_path / ".chalice"
    found.mkdir()
    (found / "policy-x.json").write_text(json.dumps(_policy(allow("A", "d:Get", TABLE))))
    (found / "config.json").write_text("{}")
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init"], ["add", "."], [*who, "commit", "-m", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, capture_output=True)
    monkeypatch.setattr(__main__, "FOLDER", found)
    return found


def test_the_rights_that_the_code_asks_for_are_told_against_a_commit(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = {"policy-x.json": json.dumps(_policy(allow("A", "d:Put", TABLE))), "config.json": "1"}
    monkeypatch.setattr(stack, "files", lambda: wanted)

    assert __main__.main(["--against", "HEAD"]) == 0
    assert capsys.readouterr().out == "+ x  d:Put  RowsTable.Arn\n- x  d:Get  RowsTable.Arn\n"
    assert json.loads((folder / "policy-x.json").read_text())["Statement"][0]["Action"] == "d:Get"


def test_a_commit_that_there_is_not_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert __main__.main(["--against", "no-such-commit"]) == 2
    assert "There is no commit to compare with" in capsys.readouterr().err


def test_only_policies_are_compared() -> None:
    assert "config.json" not in comparison.policies(stack.files())
