"""Whichever answer is lost, a cluster and its workers are where they would have been."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts.models import Account
from chalicelib.clusters import (
    crew,
    environments,
    jobs,
    lifecycle,
    of_servers,
    pools,
    service,
    worker,
)
from chalicelib.clusters.agent_schemas import ClusterReport, CreateCluster, Environment, Scheduler
from chalicelib.clusters.models import Cluster, Pool, Worker
from chalicelib.clusters.states import ClusterEnd, ClusterState, PoolKind, PoolState, WorkerEnd
from chalicelib.core import clock
from chalicelib.notebooks.callers import Place
from tests.endings import (
    Act,
    ends_the_same_cut_off_and_run_again,
    ends_the_same_whichever_answer_is_lost,
)
from tests.lost_answers import Wire, without_recognition
from tests.unit.clusters.fake_batch import FakeBatch, FakeMachines

ACCOUNT = "acc_1"
PLACE = Place(ACCOUNT, "nb_1", "Story", "srv_1", "http://nb-1.localhost")
SCHEDULER = Scheduler("tls://10.64.64.1:8700", "ca", "certificate", "key")
WANTED = CreateCluster("sim", 2, 1, 2, SCHEDULER, Environment("3.11"), detached=True)


class World:
    """Where a story takes place; new fakes of Batch and Step Functions for each."""

    def __init__(self, wire: Wire, patch: pytest.MonkeyPatch) -> None:
        self.wire, self.patch = wire, patch
        patch.setattr(jobs, "_side_by_side", lambda work, those: [work(w) for w in those])
        wire.fresh.append(self._begin)
        wire.clear()

    def _begin(self) -> None:
        self.batch, self.machines = FakeBatch(clock.seconds), FakeMachines()
        self.batch.install(self.patch)
        self.machines.install(self.patch)
        Account(ACCOUNT, login="ada", name="Ada", plan="lab", created_at=clock.now()).save()

    def asked(self) -> list[Any]:
        """What Batch and Step Functions were asked for."""
        return [self.batch.jobs, self.batch.ending, self.machines.executions]

    def made(self) -> Cluster:
        return service.create(PLACE, WANTED)

    def submitted(self) -> Cluster:
        cluster = self.made()
        jobs.submit_workers({"cluster_id": cluster.id})
        return lifecycle.read(cluster.id)

    def started(self) -> Cluster:
        cluster = self.submitted()
        for job_id in self.batch.in_state("RUNNABLE"):
            self.batch.start(job_id)
        return cluster

    def running(self) -> Cluster:
        """All workers compute, and have joined."""
        cluster = self.started()
        self.observe()
        self.report(cluster)
        self.wire.now += timedelta(minutes=5)
        return lifecycle.read(cluster.id)

    def observe(self) -> None:
        for event in self.batch.events:
            crew.observe(crew.read(event.name), event)

    def report(self, cluster: Cluster) -> object:
        joined = sorted(each.id for each in crew.live_of(cluster.id))
        told = ClusterReport(joined, 1, active=True)
        return service.report(lifecycle.read(cluster.id), told)

    def stopping(self) -> Cluster:
        cluster = self.running()
        service.stop(cluster)
        return lifecycle.read(cluster.id)

    def over(self) -> Cluster:
        """It was stopped, and all jobs have ended."""
        cluster = self.stopping()
        jobs.terminate_workers({"cluster_id": cluster.id})
        for job_id in sorted(self.batch.ending):
            self.batch.exit(job_id, 143)
        return lifecycle.read(cluster.id)


def a_cluster_is_made(world: World) -> Act:
    return world.made


def jobs_are_submitted(world: World) -> Act:
    cluster = world.made()
    return lambda: jobs.submit_workers({"cluster_id": cluster.id})


def a_worker_asks_for_its_orders(world: World) -> Act:
    world.started()
    one = next(iter(Worker.scan()))
    return lambda: worker.boot(one, one.job_id or "")


def a_worker_cannot_begin(world: World) -> Act:
    world.started()
    one = next(iter(Worker.scan()))
    return lambda: worker.failed(one, "environment", "No such package.")


def batch_tells_of_starts(world: World) -> Act:
    world.started()
    return world.observe


def an_agent_reports_who_has_joined(world: World) -> Act:
    cluster = world.started()
    world.observe()
    return lambda: world.report(cluster)


def batch_tells_of_starts_after_the_agent(world: World) -> Act:
    cluster = world.started()
    world.report(cluster)
    return world.observe


def a_worker_ends(world: World) -> Act:
    world.running()
    world.batch.exit(world.batch.in_state("RUNNING")[0], 1)
    return world.observe


def the_last_worker_ends_before_any_joined(world: World) -> Act:
    world.started()
    world.observe()
    first, last = world.batch.in_state("RUNNING")
    world.batch.exit(first, 1)
    world.observe()
    world.batch.exit(last, 1)
    return world.observe


def a_host_is_taken_away(world: World) -> Act:
    world.running()
    world.batch.lose_host(world.batch.in_state("RUNNING")[0])
    return world.observe


def a_cluster_grows(world: World) -> Act:
    cluster = world.running()
    return lambda: service.scale(cluster, 4, [])


def a_cluster_shrinks(world: World) -> Act:
    cluster = world.running()
    return lambda: service.scale(cluster, 1, [])


def a_worker_leaves(world: World) -> Act:
    world.running()
    one = next(iter(Worker.scan()))
    return lambda: crew.leave(one, WorkerEnd.RETIRED, "The cluster shrank.")


def its_environment_changes(world: World) -> Act:
    cluster = world.running()
    return lambda: service.set_environment(cluster, Environment("3.12"))


def results_are_saved(world: World) -> Act:
    cluster = world.stopping()
    return lambda: service.note_saved(cluster, 3, 100)


def a_cluster_is_stopped(world: World) -> Act:
    cluster = world.running()
    return lambda: service.stop(cluster)


def a_cluster_of_a_lost_notebook_is_stopped(world: World) -> Act:
    cluster = world.running()
    return lambda: of_servers.stop_after(cluster.notebook_id, cluster.server_id)


def a_stopping_cluster_is_drained(world: World) -> Act:
    cluster = world.stopping()
    token = f"{cluster.id}-stop-stop"
    return lambda: jobs.drain_cluster({"cluster_id": cluster.id, "task_token": token})


def jobs_are_asked_to_end(world: World) -> Act:
    cluster = world.stopping()
    return lambda: jobs.terminate_workers({"cluster_id": cluster.id})


def a_cluster_is_closed(world: World) -> Act:
    cluster = world.over()
    return lambda: jobs.close_cluster({"cluster_id": cluster.id})


def a_start_fails(world: World) -> Act:
    cluster = world.made()
    event = {"cluster_id": cluster.id, "error": {"Error": "NoPlace"}}
    return lambda: jobs.fail_cluster(event)


def the_minute_passes(world: World) -> Act:
    world.running()
    world.wire.now += timedelta(minutes=30)
    return jobs.cluster_sweep


def use_is_metered(world: World) -> Act:
    world.running()
    world.wire.now += timedelta(minutes=30)
    return jobs.meter_clusters


STORIES = (
    a_cluster_is_made,
    jobs_are_submitted,
    a_worker_asks_for_its_orders,
    a_worker_cannot_begin,
    batch_tells_of_starts,
    an_agent_reports_who_has_joined,
    batch_tells_of_starts_after_the_agent,
    a_worker_ends,
    a_host_is_taken_away,
    a_cluster_grows,
    a_cluster_shrinks,
    a_worker_leaves,
    its_environment_changes,
    results_are_saved,
    a_cluster_is_stopped,
    a_cluster_of_a_lost_notebook_is_stopped,
    a_stopping_cluster_is_drained,
    jobs_are_asked_to_end,
    a_cluster_is_closed,
    a_start_fails,
    the_minute_passes,
    use_is_metered,
)


@pytest.fixture
def lost(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(wire, monkeypatch)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_it_ends_the_same_whichever_answer_is_lost(
    lost: World, story: Callable[[World], Act]
) -> None:
    def told() -> Act:
        act = story(lost)
        return lambda: [act(), lost.asked()]

    ends_the_same_whichever_answer_is_lost(lost.wire, told)


STEPS = (
    a_worker_ends,
    the_last_worker_ends_before_any_joined,
    a_worker_leaves,
    a_stopping_cluster_is_drained,
    jobs_are_asked_to_end,
    a_start_fails,
)
"""What is run again until it has succeeded."""


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_a_step_that_is_cut_off_anywhere_and_run_again_ends_the_same(
    lost: World, step: Callable[[World], Act]
) -> None:
    ends_the_same_cut_off_and_run_again(lost.wire, lambda: step(lost))


def a_pool(state: PoolState) -> Pool:
    now = clock.now()
    key = pools.id_of(ACCOUNT, PoolKind.ON_DEMAND)
    pool = Pool(key, account_id=ACCOUNT, kind=PoolKind.ON_DEMAND, state=state, made_at=now)
    pool.last_used_at = now - timedelta(days=30)
    pool.save()
    return pool


def the_first_pool_is_made(world: World) -> Act:
    cluster = world.made()
    return lambda: pools.prepare(cluster)


def a_pool_is_used_again(world: World) -> Act:
    cluster = world.made()
    a_pool(PoolState.READY)
    return lambda: pools.prepare(cluster)


def an_unused_pool_is_given_up(world: World) -> Act:
    a_pool(PoolState.READY)
    return pools.sweep


def a_pool_is_gone(world: World) -> Act:
    a_pool(PoolState.DELETING)
    return pools.sweep


@pytest.mark.parametrize(
    "story",
    [the_first_pool_is_made, a_pool_is_used_again, an_unused_pool_is_given_up, a_pool_is_gone],
    ids=lambda story: story.__name__,
)
def test_a_pool_ends_the_same_whichever_answer_is_lost(
    lost: World, story: Callable[[World], Act], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = environments.Condition("arn", "ENABLED", "VALID", "")
    monkeypatch.setattr(environments, "make_environment", lambda *_: None)
    monkeypatch.setattr(environments, "queue", lambda _: there)
    monkeypatch.setattr(environments, "remove", lambda _: True)

    ends_the_same_whichever_answer_is_lost(lost.wire, lambda: story(lost))


def test_a_stop_whose_answer_was_lost_begins(lost: World) -> None:
    cluster = lost.running()
    lost.wire.lose_next("UpdateItem ramon-local-clusters")

    assert lifecycle.ask_to_stop(cluster, ClusterEnd.USER, "You stopped it.")

    assert f"{cluster.id}-stop-stop" in lost.machines.executions


def test_a_stop_that_was_cut_off_before_it_began_begins_when_it_is_asked_for_again(
    lost: World,
) -> None:
    cluster = lost.running()
    lost.machines.is_down = True
    with pytest.raises(ConnectionError):
        service.stop(cluster)
    lost.machines.is_down = False

    assert service.stop(cluster).state == ClusterState.STOPPING

    assert f"{cluster.id}-stop-stop" in lost.machines.executions


def test_without_recognition_of_ones_own_write_no_job_is_submitted(
    lost: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_recognition(monkeypatch)
    cluster = lost.made()
    lost.wire.lose_next("UpdateItem ramon-local-workers")

    jobs.submit_workers({"cluster_id": cluster.id})

    assert len(lost.batch.jobs) == 1
