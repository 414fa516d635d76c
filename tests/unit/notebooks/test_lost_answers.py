"""Whichever answer of AWS is lost, a notebook and its server are where they would have been."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts.models import Account
from chalicelib.core import clock
from chalicelib.core.errors import Gone, Invalid, VersionMismatch
from chalicelib.notebooks import agent, deletion, jobs, lifecycle, service
from chalicelib.notebooks.agent_schemas import Heartbeat
from chalicelib.notebooks.models import Notebook, Server
from chalicelib.notebooks.schemas import CreateNotebook, UpdateNotebook
from chalicelib.notebooks.states import ServerEnd, ServerState
from chalicelib.storage import service as storage
from chalicelib.workspaces import manifests
from chalicelib.workspaces.schemas import Commit, Entry
from tests.endings import (
    Act,
    ends_the_same_cut_off_and_run_again,
    ends_the_same_whichever_answer_is_lost,
)
from tests.fakes import FakeEcs, FakeMachines, event_of
from tests.lost_answers import Wire, without_recognition

ACCOUNT = "acc_1"


@dataclass
class Provider:
    """ECS and Step Functions: what they were asked for."""

    ecs: FakeEcs
    machines: FakeMachines

    def asked(self) -> list[Any]:
        """Tasks and executions, as far as they were begun."""
        return [self.ecs.tasks, self.machines.executions]


class World:
    """Where a story takes place; a new provider for each."""

    def __init__(self, wire: Wire, patch: pytest.MonkeyPatch) -> None:
        self.wire, self.patch = wire, patch
        wire.fresh.append(self._begin)
        wire.clear()

    def _begin(self) -> None:
        self.provider = Provider(FakeEcs(), FakeMachines())
        self.provider.ecs.install(self.patch)
        self.provider.machines.install(self.patch)

    def notebook(self) -> Notebook:
        Account(ACCOUNT, login="ada", name="Ada", plan="lab", created_at=clock.now()).save()
        return service.create(ACCOUNT, CreateNotebook("Of a test"))

    def admitted(self) -> Server:
        server = lifecycle.admit(self.notebook(), 100, "digest")
        self.provider.machines.begin_start({**lifecycle.work(server), "agent_token": "token"})
        return server

    def launched(self) -> Server:
        server = self.admitted()
        jobs.launch_server(self.step(server))
        return lifecycle.read_server(server.id)

    def ready(self) -> Server:
        server = self.launched()
        agent.ready(server)
        return lifecycle.read_server(server.id)

    def running(self) -> Server:
        server = self.ready()
        jobs.open_server(self.step(server))
        return lifecycle.read_server(server.id)

    def stopping(self) -> Server:
        server = self.running()
        assert lifecycle.ask_to_stop(server, ServerEnd.USER, "You stopped it.")
        return lifecycle.read_server(server.id)

    def step(self, server: Server) -> dict[str, Any]:
        return {**lifecycle.work(server), "task_token": server.id, "agent_token": "token"}

    def over(self, server: Server) -> dict[str, Any]:
        """The task dies; what ECS tells of that."""
        self.provider.ecs.die(server.task_arn or "", 1)
        return event_of(self.provider.ecs.events[-1])


def a_notebook_is_made(world: World) -> Act:
    Account(ACCOUNT, login="ada", name="Ada", plan="lab", created_at=clock.now()).save()
    return lambda: service.create(ACCOUNT, CreateNotebook("Of a test"))


def a_notebook_is_duplicated(world: World) -> Act:
    notebook = world.notebook()
    return lambda: service.duplicate(ACCOUNT, notebook.id, None)


def a_notebook_is_renamed(world: World) -> Act:
    notebook = world.notebook()
    changes = UpdateNotebook(name="New")
    return lambda: service.update(ACCOUNT, notebook.id, changes, notebook.version)


def a_notebook_is_renamed_from_an_old_page(world: World) -> Act:
    rename = a_notebook_is_renamed(world)
    rename()
    return rename


def a_notebook_is_kept_running(world: World) -> Act:
    server, until = world.running(), clock.now() + timedelta(hours=3)
    return lambda: service.keep_running(ACCOUNT, server.notebook_id, until)


def it_is_no_longer_kept_running(world: World) -> Act:
    server = world.running()
    service.keep_running(ACCOUNT, server.notebook_id, clock.now() + timedelta(hours=3))
    return lambda: service.keep_running(ACCOUNT, server.notebook_id, None)


def a_notebook_is_started(world: World) -> Act:
    notebook = world.notebook()
    return lambda: service.start(ACCOUNT, notebook.id)


def a_running_notebook_is_started(world: World) -> Act:
    server = world.running()
    return lambda: service.start(ACCOUNT, server.notebook_id)


def a_task_is_launched(world: World) -> Act:
    server = world.admitted()
    return lambda: jobs.launch_server(world.step(server))


def an_agent_boots(world: World) -> Act:
    server = world.launched()
    return lambda: agent.boot(server)


def an_agent_is_ready(world: World) -> Act:
    server = world.launched()
    return lambda: agent.ready(server)


def a_server_opens(world: World) -> Act:
    server = world.ready()
    return lambda: jobs.open_server(world.step(server))


def a_start_fails(world: World) -> Act:
    server = world.launched()
    error = {"Error": "States.Timeout"}
    return lambda: jobs.fail_server({**world.step(server), "error": error})


def an_agent_reports(world: World) -> Act:
    server = world.running()
    beat = Heartbeat(clock.now(), busy_kernels=1, kernels=1, memory_bytes=1)
    return lambda: agent.heartbeat(server, beat)


def somebody_enters(world: World) -> Act:
    server = world.running()
    ticket = service.open_ticket(ACCOUNT, server.notebook_id).partition("ticket=")[2]
    return lambda: agent.redeem(server, ticket)


def somebody_enters_a_second_time(world: World) -> Act:
    enter = somebody_enters(world)
    enter()
    return enter


def files_are_saved(world: World) -> Act:
    server = world.running()
    blob = storage.put(ACCOUNT, b"new")
    parent = agent.head(server).snapshot_id
    change = Commit(parent, puts=[Entry("new.txt", sha256=blob.sha256, size=blob.size)])
    return lambda: agent.commit(server, change)


def a_notebook_is_stopped(world: World) -> Act:
    server = world.running()
    return lambda: service.stop(ACCOUNT, server.notebook_id)


def a_stopping_notebook_is_stopped(world: World) -> Act:
    server = world.stopping()
    return lambda: service.stop(ACCOUNT, server.notebook_id)


def a_task_is_asked_to_stop(world: World) -> Act:
    server = world.stopping()
    return lambda: jobs.stop_server(world.step(server))


def a_stopped_server_is_closed(world: World) -> Act:
    server = world.stopping()
    jobs.stop_server(world.step(server))
    return lambda: jobs.close_server(world.step(server))


def a_task_dies(world: World) -> Act:
    server = world.running()
    event = world.over(server)
    return lambda: jobs.on_task_state_change(event)


def an_idle_server_is_stopped(world: World) -> Act:
    world.running()
    world.wire.now += timedelta(hours=3)
    return jobs.idle_sweep


def a_silent_server_is_stopped(world: World) -> Act:
    world.running()
    world.wire.now += timedelta(minutes=10)
    return jobs.lease_reaper


def a_running_notebook_is_deleted(world: World) -> Act:
    server = world.running()
    return lambda: deletion.delete(ACCOUNT, server.notebook_id)


def a_deleted_notebook_is_restored(world: World) -> Act:
    notebook = world.notebook()
    deletion.delete(ACCOUNT, notebook.id)
    return lambda: deletion.restore(ACCOUNT, notebook.id)


def deleted_notebooks_are_purged(world: World) -> Act:
    deletion.delete(ACCOUNT, world.notebook().id)
    world.wire.now += timedelta(days=deletion.UNDO_DAYS + 1)
    return jobs.purge_sweep


STORIES = (
    a_notebook_is_made,
    a_notebook_is_duplicated,
    a_notebook_is_renamed,
    a_notebook_is_renamed_from_an_old_page,
    a_notebook_is_kept_running,
    it_is_no_longer_kept_running,
    a_notebook_is_started,
    a_running_notebook_is_started,
    a_task_is_launched,
    an_agent_boots,
    an_agent_is_ready,
    a_server_opens,
    a_start_fails,
    an_agent_reports,
    somebody_enters,
    somebody_enters_a_second_time,
    files_are_saved,
    a_notebook_is_stopped,
    a_stopping_notebook_is_stopped,
    a_task_is_asked_to_stop,
    a_stopped_server_is_closed,
    a_task_dies,
    an_idle_server_is_stopped,
    a_silent_server_is_stopped,
    a_running_notebook_is_deleted,
    a_deleted_notebook_is_restored,
    deleted_notebooks_are_purged,
)


STEPS = (
    a_task_is_launched,
    an_agent_is_ready,
    a_server_opens,
    a_task_is_asked_to_stop,
    a_stopped_server_is_closed,
    a_running_notebook_is_deleted,
)
"""What is run again until it has succeeded: by a state machine, a sweep, an agent, or a person."""


@pytest.fixture
def lost(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(manifests, "_read", vars(manifests)["_read"].__wrapped__)
    return World(wire, monkeypatch)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_it_ends_the_same_whichever_answer_is_lost(
    lost: World, story: Callable[[World], Act]
) -> None:
    def told() -> Act:
        act = story(lost)
        return lambda: [act(), lost.provider.asked()]

    ends_the_same_whichever_answer_is_lost(lost.wire, told)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_a_step_that_is_cut_off_anywhere_and_run_again_ends_the_same(
    lost: World, step: Callable[[World], Act]
) -> None:
    ends_the_same_cut_off_and_run_again(lost.wire, lambda: step(lost))


def test_a_stop_that_was_cut_off_before_it_began_begins_when_it_is_asked_for_again(
    lost: World,
) -> None:
    server = lost.running()
    lost.provider.machines.is_down = True
    with pytest.raises(ConnectionError):
        service.stop(ACCOUNT, server.notebook_id)
    lost.provider.machines.is_down = False

    assert not lifecycle.ask_to_stop(server, ServerEnd.USER, "You stopped it.")

    assert f"{server.id}-stop" in lost.provider.machines.executions


def test_a_report_that_meets_the_end_of_its_server_changes_nothing_of_it(lost: World) -> None:
    server = lost.running()
    event = lost.over(server)
    beat = Heartbeat(clock.now(), busy_kernels=1, kernels=1, memory_bytes=1)
    lost.wire.interrupt("UpdateItem ramon-local-servers", lambda: jobs.on_task_state_change(event))

    with pytest.raises(Gone):
        agent.heartbeat(server, beat)

    ended = lifecycle.read_server(server.id)
    assert (ended.state, ended.lease_expires_at) == (ServerState.ENDED, None)


def test_a_change_that_meets_a_transaction_on_its_notebook_is_made(lost: World) -> None:
    notebook = lost.notebook()
    lost.wire.contend(2)

    changed = service.update(ACCOUNT, notebook.id, UpdateNotebook(name="New"), notebook.version)

    assert changed.name == "New"
    assert changed.version == notebook.version + 1


def test_without_recognition_of_ones_own_write_a_change_looks_like_somebody_elses(
    lost: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_recognition(monkeypatch)
    rename = a_notebook_is_renamed(lost)
    lost.wire.lose_next("UpdateItem")

    with pytest.raises(VersionMismatch):
        rename()


def test_without_tokens_a_ticket_whose_deletion_was_not_answered_lets_nobody_in(
    lost: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other fence taken out: DynamoDB knows no transaction again."""
    enter = somebody_enters(lost)
    lost.wire.forgets_tokens = True
    lost.wire.lose_next("TransactWriteItems")

    with pytest.raises(Invalid):
        enter()
