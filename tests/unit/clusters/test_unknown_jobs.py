"""That Batch does not know a job at the moment does not mean that it is over."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib.clusters import lifecycle
from chalicelib.clusters.states import ClusterEnd, ClusterState, WorkerEnd
from tests.unit.clusters.stories import Story, story


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    """Clusters of one account."""
    with story(monkeypatch) as begun:
        yield begun


def _minutes(told: Story, count: int, *, hears: bool = True) -> None:
    for _ in range(count):
        told.now += timedelta(minutes=1)
        for cluster in {worker.cluster_id for worker in told.workers()}:
            told.report(cluster, [worker.id for worker in told.workers()])
        told.sweep(hears=hears)


def test_a_job_that_batch_started_and_does_not_know_for_half_an_hour_goes_on(told: Story) -> None:
    told.cluster(workers=1)
    told.start_all()
    told.follow()
    known, told.batch.jobs = told.batch.jobs, {}

    _minutes(told, 30)
    (worker,) = told.workers()
    assert worker.ended_at is None
    assert worker.unknown_since is not None

    told.batch.jobs = known
    _minutes(told, 1)
    (worker,) = told.workers()
    assert (worker.ended_at, worker.unknown_since) == (None, None)


def test_it_is_lost_once_batch_may_have_forgotten_it(told: Story) -> None:
    told.cluster(workers=1)
    told.start_all()
    told.follow()
    told.batch.jobs.clear()

    _minutes(told, 1)
    told.now += timedelta(days=1)
    _minutes(told, 1)

    assert told.workers()[0].end_reason == WorkerEnd.LOST


def test_nothing_is_lost_while_the_service_is_deaf(told: Story) -> None:
    told.cluster(workers=1)
    told.start_all()
    told.follow()
    told.batch.jobs.clear()

    _minutes(told, 1)
    told.now += timedelta(days=1)
    _minutes(told, 1, hears=False)

    assert told.workers()[0].ended_at is None


def test_what_one_operation_knows_is_not_lost(told: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    told.cluster(workers=1)
    told.start_all()
    told.follow()
    monkeypatch.setattr("chalicelib.clusters.batch.describe", lambda _: {})

    _minutes(told, 1)
    told.now += timedelta(days=1)
    _minutes(told, 1)

    assert told.workers()[0].ended_at is None


def test_a_job_that_never_started_is_lost_within_minutes(told: Story) -> None:
    told.cluster(workers=1)
    told.batch.jobs.clear()

    _minutes(told, 10)
    assert told.workers()[0].ended_at is None
    _minutes(told, 2)
    assert told.workers()[0].end_reason == WorkerEnd.LOST


def test_a_cluster_waits_with_its_stop_for_a_job_that_may_run(told: Story) -> None:
    cluster = told.cluster(workers=1)
    told.start_all()
    told.follow()
    known, told.batch.jobs = told.batch.jobs, {}
    lifecycle.ask_to_stop(lifecycle.read(cluster), ClusterEnd.USER, "You stopped it.")

    told.run_machines()
    assert lifecycle.read(cluster).state == ClusterState.STOPPING

    told.batch.jobs = known
    told.run_machines()
    told.end_asked()
    told.run_machines()
    assert lifecycle.read(cluster).state == ClusterState.STOPPED
