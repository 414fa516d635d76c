"""A server of which ECS knows nothing any more is charged until its last sign of life."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.accounts.models import Account
from chalicelib.core import clock
from chalicelib.metering.models import Segment, Use
from chalicelib.notebooks import lifecycle
from chalicelib.notebooks.models import Notebook, Server
from chalicelib.notebooks.states import ServerEnd, ServerState
from localcloud.tables import tables
from tests.fakes import FakeMachines

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
ACCOUNT = "acc_1"


class Time:
    """A clock that stands until it is moved."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        patch.setattr(clock, "now", lambda: self.now)
        patch.setattr(clock, "seconds", lambda: int(self.now.timestamp()))


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Iterator[Time]:
    with tables(weighs=False):
        FakeMachines().install(monkeypatch)
        Account(ACCOUNT, login="ada", name="Ada", plan="lab", created_at=NOON).save()
        yield Time(monkeypatch)


def admitted() -> Server:
    """A server of the largest size that is starting."""
    notebook = Notebook(
        "nb_1", account_id=ACCOUNT, name="Lost", size="extra", idle_minutes=60,
        source_kind="blank", state="stopped", state_since=NOON, created_at=NOON, updated_at=NOON,
    )  # fmt: skip
    notebook.save()
    return lifecycle.admit(notebook, at_once=10, agent_digest="digest")


def report(server: Server) -> None:
    """Its agent says that it lives."""
    until = clock.seconds() + lifecycle.LEASE_SECONDS
    server.update([Server.lease_expires_at.set(until)])


def test_it_is_charged_until_its_agents_last_report(time: Time) -> None:
    server = admitted()
    assert lifecycle.opened(server, "127.0.0.1")
    time.now += timedelta(minutes=5)
    report(server)
    time.now += timedelta(hours=3)

    lifecycle.ended(lifecycle.read_server(server.id), None)

    ended = lifecycle.read_server(server.id)
    assert (ended.state, ended.stop_reason) == (ServerState.ENDED, ServerEnd.LOST)
    assert ended.stopped_at == NOON + timedelta(minutes=5)
    assert Use.get(server.id).open_shard is None
    assert [each.end - each.start for each in Segment.query(server.id)] == [300]


def test_one_that_never_opened_is_not_charged(time: Time) -> None:
    server = admitted()
    time.now += timedelta(minutes=5)

    lifecycle.ended(lifecycle.read_server(server.id), None)

    assert list(Use.scan()) == []
