"""Which state code takes, and which it refuses with the reason."""

import os
import subprocess
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ops.checks import state as check
from ops.deploy import state as deploying
from ops.deploy.stack import Stack
from ops.state import commit, version
from ops.state.version import ROOT, Refused, State
from tests.unit.ops.states import COMMIT, ONE, THREE, TWO, needs, wrote


def test_the_state_of_this_code_needs_nothing() -> None:
    assert list(version.steps(wrote(2), needs(2), {})) == []


def test_older_state_goes_the_whole_way() -> None:
    assert list(version.steps(State(1, ONE, COMMIT), needs(3), {1: "a", 2: "b"})) == [1, 2]


def test_an_upgrade_that_was_cut_off_begins_again() -> None:
    there = wrote(3, upgraded_from=1)

    assert list(version.steps(there, needs(3), {1: "a", 2: "b"})) == [1, 2]


@pytest.mark.parametrize(
    ("there", "says"),
    [
        (None, "before states had versions"),
        (wrote(3), "newer code"),
        (State(1, ONE, COMMIT), "no upgrade from version 1 to 2"),
        (State(1, "others", COMMIT), "never released"),
        (State(2, "others", COMMIT), "not released when it was written"),
        (wrote(2, upgraded_from=1), "no upgrade from version 1 to 2"),
    ],
)
def test_other_state_is_refused_with_the_reason(there: State | None, says: str) -> None:
    with pytest.raises(Refused, match=says):
        version.steps(there, needs(2), {})


@given(st.integers(1, 99), st.text("0123456789abcdef", max_size=16), st.none() | st.integers(1, 9))
def test_a_stack_says_what_it_was_told(number: int, shapes: str, upgraded: int | None) -> None:
    state = State(number, shapes, COMMIT, upgraded)

    assert version.from_tags({"ramon:stage": "dev", **state.tags}) == state


def test_tags_of_an_upgrade_are_gone_when_it_is_done() -> None:
    there = Stack("id", "UPDATE_COMPLETE", State(1, ONE, COMMIT).tags, {})

    move = deploying.move("dev", there, needs(2), {1: "a"})

    assert list(move.steps) == [1]
    assert (move.first.version, move.first.upgraded_from) == (2, 1)
    assert (move.last.version, move.last.upgraded_from) == (2, None)


@pytest.mark.parametrize("stack", [None, Stack("id", "ROLLBACK_COMPLETE", {}, {})])
def test_where_nothing_was_ever_created_nothing_is_refused(stack: Stack | None) -> None:
    assert not deploying.move("dev", stack, needs(2), {}).steps


def test_a_refusal_on_aws_says_what_there_is_and_what_to_do() -> None:
    there = Stack("id", "UPDATE_COMPLETE", State(3, THREE, COMMIT).tags, {})

    with pytest.raises(deploying.OtherState) as caught:
        deploying.move("prod", there, needs(2), {})

    said = str(caught.value)
    assert "version 3 (shapes-of-3)" in said
    assert "this code:  version 2" in said
    assert f"git checkout {COMMIT}" in said
    assert "ops.export --stage prod" in said
    assert "Nothing was changed" in said


def test_a_stage_on_aws_is_told_that_its_version_is_not_released() -> None:
    assert deploying.caution("prod", needs(2)) is None
    assert deploying.caution("local", needs(2, released=False)) is None
    assert "not released" in (deploying.caution("prod", needs(2, released=False)) or "")


def test_without_git_nobody_knows_the_commit(tmp_path: Path) -> None:
    assert commit.present(tmp_path) == "unknown"
    assert commit.before(0, tmp_path) == "unknown"


def test_the_commit_of_state_without_a_version_is_guessed_by_its_age(tmp_path: Path) -> None:
    old, last, _ = (_commit(tmp_path, name) for name in ("old", "last", ".chalice/state.json"))

    assert commit.before(DAYS["old"] + 1, tmp_path) == old
    assert commit.before(DAYS["last"] + 1, tmp_path) == last
    assert commit.before(DAYS[".chalice/state.json"] + 1, tmp_path) == last


DAYS = {"old": 1_700_000_000, "last": 1_700_100_000, ".chalice/state.json": 1_700_200_000}
"""When each file was committed, in seconds since 1970."""


def _commit(root: Path, name: str) -> str:
    """A commit that adds a file, on its day. Answers its id."""
    file = root / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(name)
    at = f"{DAYS[name]} +0000"
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_AUTHOR_DATE": at}
    who |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b", "GIT_COMMITTER_DATE": at}
    for command in ("init -q", "add .", "commit -qm x"):
        subprocess.run(["git", *command.split()], cwd=root, env=os.environ | who, check=True)
    return commit.present(root)


def test_a_commit_is_named_with_what_was_changed_since(tmp_path: Path) -> None:
    known = _commit(tmp_path, "old")
    (tmp_path / "new").write_text("not of the repository")
    assert commit.present(tmp_path) == known

    (tmp_path / "old").write_text("changed")

    assert commit.present(tmp_path) == f"{known} with changes"


def test_each_version_has_its_upgrade(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.state.VERSION", 3)
    monkeypatch.setattr("infra.state.RELEASED", {1: ONE, 2: TWO})

    found = [each.what for each in check.findings(ROOT, {2: "b", 5: "e"})]

    assert found == [
        "no upgrade from version 1 to 2",
        "an upgrade from 5, which was never released",
    ]
    assert list(check.findings(ROOT, {1: "a", 2: "b"})) == []
