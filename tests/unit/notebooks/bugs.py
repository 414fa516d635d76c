"""Fences of the sweeps and of hearing, each taken out: a test must find every one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.billing import credited
from chalicelib.billing.models import BillingAccount
from chalicelib.core import clock, db, hearing, sweeps
from chalicelib.notebooks import lifecycle, stop_reasons, tasks, uses
from chalicelib.notebooks import sweeps as notebook_sweeps
from chalicelib.notebooks.fargate import Task
from chalicelib.notebooks.models import Server

Bug = Callable[[pytest.MonkeyPatch], None]


def without_conditions(patch: pytest.MonkeyPatch) -> None:
    """Deletions, restores and purges write whatever is there."""

    def update_anyhow(model: Any, _condition: object, actions: list[Any]) -> bool:
        model.update(actions)
        return True

    patch.setattr(db, "update_if", update_anyhow)


def the_first_failure_ends_a_sweep(patch: pytest.MonkeyPatch) -> None:
    """Nothing is survived."""

    @contextmanager
    def surviving(_what: str, **_: str) -> Iterator[None]:
        yield

    patch.setattr(sweeps, "surviving", surviving)


def a_bad_row_ends_a_listing(patch: pytest.MonkeyPatch) -> None:
    """Rows are read as if each could be read."""
    patch.setattr(sweeps, "readable", lambda _what, items: iter(items))


def unknown_is_over(patch: pytest.MonkeyPatch) -> None:
    """What ECS does not know has ended."""

    def is_over(_server: Server, task: Task | None) -> bool:
        return task is None or task.is_over

    patch.setattr(tasks, "is_over", is_over)


def silence_counts_while_the_service_is_deaf(patch: pytest.MonkeyPatch) -> None:
    """Nobody asks whether the canary was heard."""
    patch.setattr(hearing.Hearing, "has_heard_for", lambda _self, _seconds: True)
    patch.setattr(hearing, "now", lambda voices=None: hearing.Hearing(0, voices or {}))


def leases_are_not_extended_after_an_outage(patch: pytest.MonkeyPatch) -> None:
    """One report of the canary makes up for all that was not heard before."""
    patch.setattr(hearing.Hearing, "has_heard_for", lambda self, _: self.since is not None)


def nobody_is_waited_for(patch: pytest.MonkeyPatch) -> None:
    """The canary alone decides."""
    patch.setattr(hearing.Hearing, "most_are_silent", lambda _self, but: not but)


def everybody_is_waited_for_for_ever(patch: pytest.MonkeyPatch) -> None:
    """The hold has no end."""
    patch.setattr(hearing, "HOLD_SECONDS", 10**9)


def many_servers_have_many_voices(patch: pytest.MonkeyPatch) -> None:
    """Voices are counted by servers."""

    def voices() -> dict[str, bool]:
        now = clock.seconds()
        return {s.id: (s.lease_expires_at or 0) > now for s in Server.scan()}

    patch.setattr(notebook_sweeps, "_voices", voices)


def what_was_idle_once_is_idle(patch: pytest.MonkeyPatch) -> None:
    """Nobody asks whether it has reported since."""
    patch.setattr(lifecycle, "is_known_to_be_idle", lambda _: True)


def nobody_asks_ecs(patch: pytest.MonkeyPatch) -> None:
    """A silent agent's task is taken to run."""
    patch.setattr(notebook_sweeps, "_is_up", lambda _: True)


def a_use_begins_when_the_agent_is_ready(patch: pytest.MonkeyPatch) -> None:
    """Until the agent says so, a server costs nothing."""

    def begin_if_opened(server: Server, _task: Task | None) -> None:
        if server.opened_at is not None:
            uses.begin(server, server.opened_at)

    patch.setattr(uses, "begin_if_started", begin_if_opened)


def every_failed_start_is_free(patch: pytest.MonkeyPatch) -> None:
    """Nobody asks whose fault it was."""
    patch.setattr(stop_reasons, "fault", lambda *_: "not charged")


def what_is_free_has_no_bound(patch: pytest.MonkeyPatch) -> None:
    """Starts may fail as often as somebody likes."""
    patch.setattr(credited.Credit, "given", Decimal(0))
    patch.setattr(credited, "_has_room", lambda _: BillingAccount.free_day.exists())
