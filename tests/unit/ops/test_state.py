"""Which state a deployment takes, which one it refuses, and that refusing changes nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from localcloud.testing import LocalCloud
from ops.checks import state as check
from ops.cloud import Cloud, connect
from ops.deploy import state as deploying
from ops.deploy.__main__ import Deployer
from ops.deploy.stack import Deployment, Stack, Stacks
from ops.state import commit, upgrades, version
from ops.state.upgrades import Place, Upgrade
from ops.state.version import ROOT, Needed, Refused, State

ONE, TWO, THREE = "shapes-of-1", "shapes-of-2", "shapes-of-3"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def needs(number: int, *, released: bool = True) -> Needed:
    """What code of a version needs, whose predecessors are released."""
    before = {1: ONE, 2: TWO, 3: THREE}
    bare = Needed(number, {}, {}, {"table": f"of-{number}"})
    known = {n: shapes for n, shapes in before.items() if n < number}
    return Needed(
        number, known | ({number: bare.shapes} if released else {}), bare.documents, bare.tables
    )


def wrote(number: int, **more: Any) -> State:
    """The state that such code wrote."""
    return State(number, needs(number).shapes, COMMIT, **more)


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


# --- A made-up upgrade, beside a real table ------------------------------------------------------

ROWS = 7


class CutOff(Exception):
    """The power fails."""


@pytest.fixture
def place(aws: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A stage with a table of some pages."""
    monkeypatch.setattr(upgrades, "_PAGE", 2)
    cloud = _cloud(aws, monkeypatch)
    dynamodb = cloud.client("dynamodb")
    dynamodb.create_table(
        TableName="ramon-made-up-things",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    for number in range(ROWS):
        item = {"id": {"S": f"thing_{number}"}, "account_id": {"S": f"acc_{number}"}}
        dynamodb.put_item(TableName="ramon-made-up-things", Item=item)
    yield Place(cloud, "made-up", lambda _: None)
    dynamodb.delete_table(TableName="ramon-made-up-things")


def _cloud(aws: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    for name, value in _environment(aws).items():
        monkeypatch.setenv(name, value)
    return connect("local")


def _environment(aws: LocalCloud) -> dict[str, str]:
    credentials = aws.endpoint["credentials"]
    return {
        "AWS_ENDPOINT_URL": aws.endpoint["aws_endpoint_url"],
        "AWS_ACCESS_KEY_ID": credentials["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": credentials["secret_access_key"],
        "STATE_DIR": str(aws.state_dir),
    }


def _payers(place: Place, writes: int) -> None:
    """A made-up upgrade: things know who pays for them. The power fails after some writes."""
    dynamodb = place.cloud.client("dynamodb")
    for row in place.rows("things"):
        if "payer_id" in row:
            continue
        if not writes:
            raise CutOff
        writes -= 1
        dynamodb.update_item(
            TableName=place.table("things"),
            Key={"id": row["id"]},
            UpdateExpression="SET payer_id = :payer",
            ConditionExpression="account_id = :payer",
            ExpressionAttributeValues={":payer": row["account_id"]},
        )


def test_an_upgrade_that_is_cut_off_anywhere_is_completed_by_the_next_run(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    place = Place(place.cloud, place.stage, said.append)
    made_up = Upgrade("payers", lambda where: _payers(where, 1))
    monkeypatch.setattr(upgrades, "UPGRADES", {1: made_up})

    for _ in range(ROWS - 1):  # each time one row further
        with pytest.raises(CutOff):
            upgrades.run(place, [1])
    upgrades.run(place, [1])

    rows = list(place.rows("things"))
    assert len(rows) == ROWS
    assert all(row["payer_id"] == row["account_id"] for row in rows)
    assert said[-1] == "state: from version 1 to 2: payers"


# --- The deploy program over other state ---------------------------------------------------------


@pytest.fixture
def deployed_before(aws: LocalCloud) -> Iterator[dict[str, str]]:
    """A stack of the stage `local` that was deployed with these tags."""
    tags: dict[str, str] = {"ramon:stage": "local"}
    yield tags
    aws.client("cloudformation").delete_stack(StackName="ramon-local")


def _deploy(aws: LocalCloud) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops.deploy", "--stage", "local"],
        cwd=ROOT,
        env=os.environ | _environment(aws),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_stack_says_that_an_upgrade_is_under_way_until_it_is_done(
    aws: LocalCloud, deployed_before: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = _make_stack(aws, deployed_before | State(1, ONE, COMMIT).tags)
    deployer = _deployer(aws, monkeypatch)
    wanted = Deployment("ramon-local", url, {}, deployed_before)
    said: list[State | None] = []

    def fail_once(_: Place) -> None:
        said.append(_state(deployer.stacks))
        if len(said) == 1:
            raise CutOff

    monkeypatch.setattr(upgrades, "UPGRADES", {1: Upgrade("made up", fail_once)})
    for _ in range(2):
        move = deploying.move("local", deployer.stacks.find("ramon-local"), needs(2), {1: "a"})
        with suppress(CutOff):
            deployer.deploy(wanted, move)

    assert [each and each.upgraded_from for each in said] == [1, 1]
    there = _state(deployer.stacks)
    assert there is not None
    assert (there.version, there.upgraded_from) == (2, None)


def _deployer(aws: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> Deployer:
    for name, value in _environment(aws).items():
        monkeypatch.setenv(name, value)
    return Deployer("local", aws.port)


def _state(stacks: Stacks) -> State | None:
    stack = stacks.find("ramon-local")
    assert stack is not None
    return version.from_tags(stack.tags)


@pytest.mark.parametrize("there", [None, State(99, "newer", COMMIT)])
def test_a_deployment_over_other_state_changes_nothing(
    aws: LocalCloud, deployed_before: dict[str, str], there: State | None
) -> None:
    deployed_before |= there.tags if there else {}
    _make_stack(aws, deployed_before)
    before = _seen(aws)

    done = _deploy(aws)

    assert done.returncode == 1
    assert "Not deployed." in done.stderr
    assert "ops.export --stage local" in done.stderr
    assert "packaging" not in done.stdout
    assert _seen(aws) == before


def _make_stack(aws: LocalCloud, tags: dict[str, str]) -> str:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="ramon-test-states")
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "state"}}
    s3.put_object(
        Bucket="ramon-test-states", Key="t.json", Body=json.dumps({"Resources": {"T": topic}})
    )
    url = f"{aws.endpoint['aws_endpoint_url']}/ramon-test-states/t.json"
    stacks = Stacks(aws.client("cloudformation"), lambda _: None, poll_seconds=0.05)
    stacks.deploy(Deployment("ramon-local", url, {}, tags))
    return url


def _seen(aws: LocalCloud) -> Any:
    """The stack, its history, and all buckets."""
    cloudformation = aws.client("cloudformation")
    return (
        cloudformation.describe_stacks(StackName="ramon-local")["Stacks"],
        cloudformation.describe_stack_events(StackName="ramon-local")["StackEvents"],
        [each["Name"] for each in aws.client("s3").list_buckets()["Buckets"]],
    )
