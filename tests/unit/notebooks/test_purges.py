"""A notebook is restored or it is deleted for good; never half of both."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from chalicelib.core.errors import NotFound, RamonError
from chalicelib.notebooks import agent, deletion, jobs
from chalicelib.notebooks.models import Notebook, Server
from chalicelib.storage import service as storage
from chalicelib.workspaces import service as workspaces
from chalicelib.workspaces.schemas import Commit, Entry
from localcloud.tables import Call
from tests.unit.notebooks.world import ACCOUNT, World, worlds

MOST_REQUESTS = 40
"""More than a restore or a purge makes."""


class Cut(BaseException):
    """The process died at this point."""


def at_request(world: World, number: int, act: Callable[[], object]) -> list[int]:
    """Let something happen at a request; gives a list that is empty until it has happened."""
    happened: list[int] = []
    left = [number]

    def hook(_: Call) -> None:
        left[0] -= 1
        if left[0] < 0 and not happened:
            happened.append(number)
            act()

    world.dynamodb.before = hook
    return happened


def purgeable(world: World) -> Notebook:
    notebook = world.notebook()
    world.delete(notebook)
    world.passes(days=31)
    return notebook


def restored(notebook: Notebook) -> bool:
    """Whether its owner is told that it is restored; else that it is gone."""
    try:
        deletion.restore(ACCOUNT, notebook.id)
    except NotFound:
        return False
    return True


def a_restore_meets_a_purge(number: int) -> bool:
    """A restore at some request of the purge. False if the purge has fewer requests."""
    with worlds() as world:
        notebook = purgeable(world)
        told: list[bool] = []
        happened = at_request(world, number, lambda: told.append(restored(notebook)))
        deletion.purge(notebook.id)
        world.dynamodb.before = None
        if not happened:
            return False
        jobs.purge_sweep()
        assert world.is_whole(notebook.id) if told == [True] else world.is_gone(notebook.id)
        return True


def a_purge_meets_a_restore(number: int) -> bool:
    """A purge at some request of the restore. False if the restore has fewer requests."""
    with worlds() as world:
        notebook = purgeable(world)
        happened = at_request(world, number, lambda: deletion.purge(notebook.id))
        told = restored(notebook)
        world.dynamodb.before = None
        if not happened:
            return False
        jobs.purge_sweep()
        assert world.is_whole(notebook.id) if told else world.is_gone(notebook.id)
        return True


def a_purge_is_cut_off(number: int) -> bool:
    """The process dies at some request of the purge; the next one does the rest."""

    def die() -> None:
        raise Cut

    with worlds() as world:
        notebook = purgeable(world)
        happened = at_request(world, number, die)
        with suppress(Cut):
            deletion.purge(notebook.id)
        world.dynamodb.before = None
        if not happened:
            return False
        jobs.purge_sweep()
        assert world.is_gone(notebook.id)
        return True


@pytest.mark.parametrize(
    "history", [a_restore_meets_a_purge, a_purge_meets_a_restore, a_purge_is_cut_off]
)
def test_at_whatever_request_it_happens_a_notebook_is_whole_or_gone(
    history: Callable[[int], bool],
) -> None:
    tried = next(number for number in range(MOST_REQUESTS) if not history(number))

    assert tried >= 3


def test_a_notebook_that_cannot_be_purged_keeps_no_other(world: World) -> None:
    stuck, other = purgeable(world), purgeable(world)
    world.delete(other)
    forget = workspaces.forget

    def refuse(notebook_id: str) -> None:
        if notebook_id == stuck.id:
            raise ConnectionError("DynamoDB does not answer")
        forget(notebook_id)

    world.patch.setattr(workspaces, "forget", refuse)

    jobs.purge_sweep()

    assert world.is_gone(other.id)


def test_a_deletion_that_was_cut_off_stops_the_server_when_it_is_asked_for_again(
    world: World,
) -> None:
    server = world.running()
    notebook = Notebook.get(server.notebook_id)
    world.machines.is_down = True
    with pytest.raises(ConnectionError):
        world.delete(notebook)
    world.machines.is_down = False

    world.delete(notebook)

    assert world.state(server) == "stopping"


def a_save_meets_a_purge(number: int) -> bool:
    """A purge at some request of an agent's late save. False if the save has fewer requests."""
    with worlds() as world:
        notebook = purgeable(world)
        server = Server("srv_late", account_id=ACCOUNT, notebook_id=notebook.id)
        parent = agent.head(server).snapshot_id
        happened = at_request(world, number, lambda: deletion.purge(notebook.id))
        with suppress(RamonError):
            agent.commit(server, Commit(parent, puts=[Entry("empty", kind="dir")]))
        deletion.purge(notebook.id)
        assert world.is_gone(notebook.id)
        assert storage.stored(ACCOUNT).held == 0
        return bool(happened)


def test_a_late_save_that_meets_a_purge_leaves_nothing_behind() -> None:
    numbers = (number for number in range(MOST_REQUESTS) if not a_save_meets_a_purge(number))
    assert next(numbers) > 5
