"""The disk of a session fits its workspace, and is the same however often a launch is repeated."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts.models import Account
from chalicelib.core import aws, config
from chalicelib.notebooks import disks, fargate, jobs, lifecycle, service
from chalicelib.notebooks.models import Notebook, Server
from chalicelib.plans import catalogue
from chalicelib.workspaces import service as workspaces
from localcloud.tables import tables
from tests.fakes import FakeMachines

GIB = 1024**3
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


@given(st.integers(0, disks.LARGEST_WORKSPACE))
def test_every_workspace_fits_its_disk_beside_the_system_and_can_grow(held: int) -> None:
    disk = disks.gib_for(held)

    assert 20 <= disk <= 200
    assert disk * GIB - held >= 20 * GIB


@pytest.mark.parametrize(("held_gib", "disk_gib"), [(0, 20), (10, 30), (40, 88), (180, 200)])
def test_a_disk_grows_with_what_the_workspace_holds(held_gib: int, disk_gib: int) -> None:
    assert disks.gib_for(held_gib * GIB) == disk_gib


class Ecs:
    """Records what tasks are asked for."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def run_task(self, **request: Any) -> Any:
        self.asked.append(request)
        return {"tasks": [{"taskArn": "arn:aws:ecs:eu-central-1:1:task/ramon/1"}]}


class AnySettings:
    """Settings whose values do not matter here."""

    def __getattr__(self, name: str) -> str:
        return name


@pytest.fixture
def ecs(monkeypatch: pytest.MonkeyPatch) -> Ecs:
    ecs = Ecs()
    monkeypatch.setattr(aws, "client", lambda _: ecs)
    monkeypatch.setattr(config, "settings", AnySettings)
    return ecs


def _notebook(held: int) -> Notebook:
    return Notebook(
        "nb_1", account_id="acc_1", name="Large", size="small", idle_minutes=60, bytes=held,
        source_kind="blank", state="stopped", state_since=NOON, created_at=NOON, updated_at=NOON,
    )  # fmt: skip


def test_a_launch_that_is_repeated_asks_for_the_same_disk_though_the_workspace_has_grown(
    ecs: Ecs, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeMachines().install(monkeypatch)
    with tables(weighs=False):
        Account("acc_1", login="ada", name="Ada", plan="lab", created_at=NOON).save()
        notebook = _notebook(30 * GIB)
        notebook.save()
        server = lifecycle.admit(notebook, at_once=1, agent_digest="digest")
        event = {"server_id": server.id, "task_token": "token", "agent_token": "secret"}
        jobs.launch_server(event)
        notebook.update([Notebook.bytes.set(50 * GIB)])
        jobs.launch_server(event)

        assert Server.get(server.id).disk_gib == 68
    assert [each["overrides"]["ephemeralStorage"] for each in ecs.asked] == [{"sizeInGiB": 68}] * 2


def test_the_disk_that_fargate_includes_is_not_asked_for(ecs: Ecs) -> None:
    launch = fargate.Launch("srv_1", "nb_1", "acc_1", catalogue.size("small"), 20, {})

    fargate.launch(launch)

    assert "ephemeralStorage" not in ecs.asked[0]["overrides"]


def test_one_notebook_holds_no_more_than_the_largest_disk_restores() -> None:
    with tables(weighs=False):
        Account("acc_1", login="ada", name="Ada", plan="lab", created_at=NOON).save()
        notebook = _notebook(0)
        notebook.save()

        limits = service.limits(service.plan_of("acc_1"))
        assert limits.account > disks.LARGEST_WORKSPACE == limits.alone
        head = workspaces.head("acc_1", notebook.id, limits)
        assert head.quota_bytes == disks.LARGEST_WORKSPACE
