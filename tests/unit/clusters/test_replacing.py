"""A worker that was lost is replaced while tasks wait, up to a bound, and its cluster says so."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.accounts.models import Account
from chalicelib.clusters import crew, jobs, lifecycle, pools, replacing, service, worker
from chalicelib.clusters.agent_schemas import ClusterReport, CreateCluster, Environment, Scheduler
from chalicelib.clusters.models import Cluster, Worker
from chalicelib.clusters.schemas import TaskCounts
from chalicelib.clusters.states import WorkerEnd
from chalicelib.core import clock, config
from chalicelib.notebooks.callers import Place
from localcloud.tables import tables
from tests.unit.clusters.fake_batch import FakeBatch, FakeMachines

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
SETTINGS = config.Settings(**dict.fromkeys((each.name for each in fields(config.Settings)), "set"))
PLACE = Place("acc_1", "nb_1", "Mine", "srv_1", "http://nb-1.localhost")
LOST, LET_GO, SHUT_DOWN, KILLED = 71, 0, 143, 137
"""Exit codes of workers."""
BUSY, DONE = TaskCounts(3, 1, 0, 0), TaskCounts(0, 0, 4, 0)


class Home:
    """A cluster of some workers whose scheduler reports, and Batch."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        patch.setattr(clock, "now", lambda: self.now)
        patch.setattr(clock, "seconds", lambda: int(self.now.timestamp()))
        patch.setattr(clock, "millis", lambda: int(self.now.timestamp() * 1000))
        patch.setattr(config, "settings", lambda: SETTINGS)
        patch.setattr(jobs, "_side_by_side", lambda work, those: [work(w) for w in those])
        patch.setattr(pools, "prepare", lambda _: None)
        self.batch, self.machines = FakeBatch(clock.seconds), FakeMachines()
        self.batch.install(patch)
        self.machines.install(patch)
        Account("acc_1", login="ada", name="Ada", plan="lab", created_at=NOON).save()

    def begin(self, workers: int) -> str:
        """A cluster whose workers have joined; its id."""
        at = Scheduler("tls://10.64.64.1:8700", "ca", "certificate", "key")
        wanted = CreateCluster("sim", workers, 1, 2, at, Environment("3.11"))
        self.id = service.create(PLACE, wanted).id
        self.go_on()
        self.report(BUSY)
        return self.id

    def go_on(self) -> None:
        """Everything that was begun comes to its end: jobs are submitted, start, and boot."""
        self.now += timedelta(seconds=10)
        for name in self.machines.ready:
            execution = self.machines.executions[name]
            for step in execution.steps:
                getattr(jobs, step)({"cluster_id": execution.cluster_id, "task_token": name})
            execution.steps = []
        for job_id in self.batch.in_state("RUNNABLE"):
            self.batch.start(job_id)
            headers = {"authorization": f"Bearer {self.batch.tokens[job_id]}"}
            principal = worker.recognise(headers)
            assert principal is not None
            worker.boot(principal.worker, job_id)
        self.hear()

    def hear(self) -> None:
        """Batch's events arrive."""
        while self.batch.events:
            job = self.batch.events.pop(0)
            crew.observe(crew.read(job.name), job)

    def report(self, tasks: TaskCounts) -> Cluster:
        """The agent reports: who runs has joined. What the cluster is then."""
        joined = [self.batch.jobs[job_id].name for job_id in self.batch.in_state("RUNNING")]
        told = ClusterReport(joined, 1, active=True, tasks=tasks)
        service.report(lifecycle.read(self.id), told)
        return lifecycle.read(self.id)

    def end_one(self, code: int) -> str:
        """One worker's program ends so; which worker."""
        job_id = self.batch.in_state("RUNNING")[0]
        self.now += timedelta(seconds=10)
        self.batch.exit(job_id, code)
        self.hear()
        return self.batch.jobs[job_id].name

    @property
    def running(self) -> int:
        """How many jobs run."""
        return len(self.batch.in_state("RUNNING"))


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    with tables(weighs=False):
        yield Home(monkeypatch)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (LOST, WorkerEnd.SCHEDULER),
        (SHUT_DOWN, WorkerEnd.FAILED),
        (KILLED, WorkerEnd.FAILED),
    ],
)
def test_a_worker_that_was_lost_is_replaced_while_tasks_wait(
    home: Home, code: int, reason: WorkerEnd
) -> None:
    home.begin(2)

    lost = home.end_one(code)
    told = home.report(BUSY)

    assert crew.read(lost).end_reason == reason
    assert told.problem_code == "worker_failed"
    assert (told.problem_message or "").endswith("Another worker takes its place.")
    home.go_on()
    assert home.running == 2
    assert home.report(BUSY).problem_code is None, "nothing stands in its way any more"


def test_a_worker_that_its_cluster_let_go_is_not_replaced(home: Home) -> None:
    home.begin(2)

    retired = home.end_one(LET_GO)
    told = home.report(BUSY)
    home.go_on()

    assert crew.read(retired).end_reason == WorkerEnd.RETIRED
    assert (home.running, told.problem_code) == (1, None)


def test_nobody_is_replaced_until_a_task_waits(home: Home) -> None:
    home.begin(2)
    home.end_one(LOST)

    home.report(DONE)
    home.go_on()
    assert home.running == 1

    home.report(BUSY)
    home.go_on()
    assert home.running == 2


def test_nobody_is_replaced_without_a_report(home: Home) -> None:
    home.begin(2)
    home.end_one(LOST)

    jobs.cluster_sweep()
    home.go_on()

    assert home.running == 1, "its notebook may have gone, and its scheduler with it"


def test_replacing_has_a_bound_and_then_the_cluster_says_so(home: Home) -> None:
    home.begin(1)

    for _ in range(replacing.LEAST_BOUND):
        home.end_one(LOST)
        home.report(BUSY)
        home.go_on()
        assert home.running == 1
    home.end_one(LOST)
    home.report(BUSY)
    home.go_on()
    told = home.report(BUSY)

    assert home.running == 0
    assert "It is not replaced: too many were." in (told.problem_message or "")
    assert "takes its place" not in (told.problem_message or "")


def test_whoever_scales_has_replaced_it(home: Home) -> None:
    home.begin(2)
    home.end_one(LOST)

    service.scale(lifecycle.read(home.id), 3, [])
    home.go_on()
    home.report(BUSY)
    home.go_on()

    assert home.running == 3


def test_a_worker_that_loses_a_scheduler_which_is_stopping_is_no_problem(home: Home) -> None:
    home.begin(1)
    (one,) = Worker.by_cluster.query(home.id)
    service.close(lifecycle.read(home.id))

    worker.failed(crew.read(one.id), "scheduler", "A worker lost its connection.")

    assert lifecycle.read(home.id).problem_code is None
