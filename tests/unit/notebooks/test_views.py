"""What is shown of notebooks and servers: also of rows that another version wrote."""

from typing import Any

import msgspec
import pytest

from chalicelib.notebooks import jobs, lifecycle, service, views
from chalicelib.notebooks.models import Notebook, Server
from chalicelib.notebooks.states import NotebookState, ServerEnd, SourceKind, StartStep
from tests.fakes import event_of
from tests.unit.notebooks.world import ACCOUNT, World

STRANGE = {
    "state": "hibernating",
    "failure_code": "struck_by_lightning",
    "last_stop_reason": "eclipse",
    "source_kind": "publication",
    "size": "gigantic",
}


def test_a_notebook_is_shown_with_what_its_server_does(world: World) -> None:
    server = world.running()
    world.report(server, busy_kernels=2)

    (shown,) = views.notebooks(ACCOUNT, [service.read(ACCOUNT, server.notebook_id)])

    row = Notebook.get(server.notebook_id)
    assert [stage.name for stage in shown.stages] == [
        StartStep.REQUESTED, StartStep.LAUNCHING, StartStep.READY,
    ]  # fmt: skip
    assert (shown.id, shown.name, shown.size) == (row.id, "Of a test", "small")
    assert (shown.state, shown.state_since) == (NotebookState.RUNNING, row.state_since)
    assert shown.activity is not None
    assert shown.activity.busy_kernels == 2
    assert (shown.memory_bytes, shown.cost is not None) == (1, True)
    assert (shown.workspace.files, shown.workspace.bytes) == (row.files, row.bytes)
    assert (shown.workspace.saved_at, shown.workspace.error) == (row.saved_at, None)
    assert (shown.source.kind, shown.source.label) == (SourceKind.BLANK, None)
    assert (shown.failure, shown.last_stop, shown.deleted_at, shown.purge_at) == (None,) * 4


@pytest.mark.parametrize("field", STRANGE)
def test_a_row_of_another_version_leaves_a_whole_listing_readable(world: World, field: str) -> None:
    rows = [world.notebook() for _ in range(3)]
    actions = [getattr(Notebook, field).set(STRANGE[field]), Notebook.last_stop_at.set(world.now)]
    rows[1].update(actions)

    found, _ = service.listing(ACCOUNT, deleted=False, limit=10, cursor=None)
    shown = msgspec.to_builtins(views.notebooks(ACCOUNT, found))

    strange = next(one for one in shown if one["id"] == rows[1].id)
    assert {one["id"] for one in shown} == {row.id for row in rows}
    told = {
        "state": strange["state"],
        "failure_code": (strange["failure"] or {}).get("code"),
        "last_stop_reason": strange["last_stop"]["reason"],
        "source_kind": strange["source"]["kind"],
        "size": strange["price_usd_hour"] or "unknown",
    }
    assert told[field] == "unknown"


def test_a_server_of_another_version_is_listed_without_the_words_that_are_not_known(
    world: World,
) -> None:
    server = world.running()
    waking: Any = Server.stages["waking"]
    server.update([
        Server.stop_reason.set("eclipse"), waking.set(7),
        Server.activity.set('{"busy_kernels": "some"}'),
    ])  # fmt: skip

    (row,) = views.servers([lifecycle.read_server(server.id)])
    (notebook,) = views.notebooks(ACCOUNT, [service.read(ACCOUNT, server.notebook_id)])

    assert (row.id, row.stop_reason) == (server.id, ServerEnd.UNKNOWN)
    assert len(notebook.stages) == 3
    assert notebook.activity is None


def test_a_server_that_another_version_asked_to_stop_ends_all_the_same(world: World) -> None:
    server = world.running()
    server.update([Server.stop_reason.set("eclipse")])

    arn = f"arn:task/{server.id}"
    world.ecs.die(arn, 0)
    jobs.on_task_state_change(event_of(world.ecs.tasks[arn]))

    assert world.state(server) == "ended"
