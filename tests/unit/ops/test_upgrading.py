"""An upgrade may be cut off anywhere, and a deployment that is refused has changed nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.testing import LocalCloud
from ops.cloud import Cloud, connect
from ops.deploy import state as deploying
from ops.deploy.__main__ import Deployer
from ops.deploy.stack import Deployment, Stacks
from ops.state import upgrades, version
from ops.state.upgrades import Place, Upgrade
from ops.state.version import ROOT, State
from tests.unit.ops.exported_stage import Stage
from tests.unit.ops.states import COMMIT, ONE, needs

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


def test_a_stage_whose_tables_were_kept_is_not_made_anew(aws: LocalCloud, stage: Stage) -> None:
    stage.row("accounts", id="acc_1")
    buckets = aws.client("s3").list_buckets()["Buckets"]

    done = _deploy(aws)

    assert done.returncode == 1
    assert "4 tables of an earlier one:\n  ramon-local-accounts, " in done.stderr
    assert "packaging" not in done.stdout
    assert aws.client("s3").list_buckets()["Buckets"] == buckets
    with pytest.raises(ClientError, match="does not exist"):
        aws.client("cloudformation").describe_stacks(StackName="ramon-local")


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
