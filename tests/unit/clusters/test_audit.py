"""The audit finds what Batch ran and nobody was billed for, and what was billed and never ran."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.accounts.models import Account
from chalicelib.clusters import audit
from chalicelib.clusters.models import Worker
from chalicelib.core import clock
from chalicelib.metering.models import Use
from tests.unit.clusters.stories import NOON, Story, story

MONTH = "2026-11"


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    """A cluster with one worker, which Batch has run for an hour."""
    with story(monkeypatch) as told:
        told.cluster(workers=1)
        told.start_all()
        told.follow()
        told.now += timedelta(hours=1)
        yield told


def _findings() -> list[tuple[str, str]]:
    return [(found.link, found.message) for found in audit.differing("acc_1", MONTH)]


def test_what_agrees_is_no_finding(running: Story) -> None:
    running.exit_all()
    running.follow()

    assert _findings() == []


def test_an_attempt_that_no_use_stands_for_is_found(running: Story) -> None:
    Use(running.uses()[0].id).delete()

    assert _findings() == [
        ("workers ─ uses", f"Batch started it at {int(NOON.timestamp())}, and nothing is billed")
    ]


def test_a_use_that_began_later_than_batchs_start_is_found(running: Story) -> None:
    late = int(NOON.timestamp()) + 600
    running.uses()[0].update([Use.started_at.set(late)])

    ((link, message),) = _findings()

    assert link == "workers ─ uses"
    assert message.endswith(f"billed from {late} on")


def test_a_use_without_an_attempt_is_found(running: Story) -> None:
    running.meter()
    running.workers()[0].update([Worker.started.set({})])

    found = _findings()

    assert ("workers ─ uses", "it is billed, but Batch never started such an attempt") in found


def test_an_attempt_of_batchs_that_nobody_recorded_is_found(running: Story) -> None:
    job = running.batch.jobs["job-0"]
    first = job.attempts[0]
    stopped = replace(first, stopped_at=clock.now() - timedelta(minutes=30))
    second = replace(first, started_at=clock.now() - timedelta(minutes=20))
    running.batch.jobs["job-0"] = replace(job, attempts=(stopped, second))

    links = [link for link, _ in _findings()]

    assert links == ["Batch ─ workers", "Batch ─ workers"]


def test_what_happened_this_minute_may_be_on_its_way(running: Story) -> None:
    running.exit_all()

    assert _findings() == []


def test_what_was_credited_agrees(running: Story) -> None:
    running.cluster(workers=1, name="again")
    running.start_all()
    running.follow()
    running.now += timedelta(seconds=90)
    running.lose(running.batch.in_state("RUNNING")[-1])
    running.follow()

    assert [run.credit is not None for run in running.uses()] == [False, True]
    assert _findings() == []


def test_other_accounts_are_left_alone(running: Story) -> None:
    Account("acc_2", login="bob", name="Bob", plan="lab", created_at=NOON).save()

    Use(running.uses()[0].id).delete()

    assert [*audit.differing("acc_2", MONTH)] == []
