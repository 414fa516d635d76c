"""A notebook with clusters, told step by step: what it says, and what Batch does."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from itertools import count

import pytest

from chalicelib.accounts.models import Account
from chalicelib.clusters import crew, jobs, lifecycle, pools, service, worker
from chalicelib.clusters.agent_schemas import ClusterReport, CreateCluster, Environment, Scheduler
from chalicelib.clusters.models import Cluster, Worker
from chalicelib.core import clock, config, ids
from chalicelib.core.hearing import Heard
from chalicelib.metering.models import Use
from chalicelib.notebooks.callers import Place
from localcloud.tables import tables
from tests.unit.clusters.fake_batch import FakeBatch, FakeMachines

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
ACCOUNT = "acc_1"
PLACE = Place(ACCOUNT, "nb_1", "Story", "srv_1", "http://nb-1.localhost")
SETTINGS = config.Settings(**dict.fromkeys((each.name for each in fields(config.Settings)), "set"))


class Story:
    """Clusters of one account, and a clock that stands until it is moved."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        patch.setattr(clock, "now", lambda: self.now)
        patch.setattr(clock, "seconds", self.second)
        patch.setattr(clock, "millis", lambda: self.second() * 1000)
        patch.setattr(clock, "wait", lambda _: None)
        patch.setattr(config, "settings", lambda: SETTINGS)
        numbers = count(1)
        patch.setattr(ids, "new_id", lambda prefix: f"{prefix}_{next(numbers):026d}")
        patch.setattr(jobs, "_side_by_side", lambda work, those: [work(w) for w in those])
        patch.setattr(pools, "prepare", lambda _: None)
        self.batch, self.machines = FakeBatch(self.second), FakeMachines()
        self.batch.install(patch)
        self.machines.install(patch)
        Account(ACCOUNT, login="ada", name="Ada", plan="lab", created_at=NOON).save()

    def second(self) -> int:
        """What the clock shows, in seconds since 1970."""
        return int(self.now.timestamp())

    # What the notebook does

    def cluster(
        self, *, workers: int, name: str = "sim", vcpu: int = 4, budget: str | None = None
    ) -> str:
        """Start a cluster, and submit its workers' jobs; a vCPU has 2 GiB. Gives its id."""
        at = Scheduler("tls://10.64.64.1:8700", "ca", "certificate", "key")
        wanted = CreateCluster(
            name, workers, vcpu, 2 * vcpu, at, Environment("3.11"), detached=True,
            idle_minutes=60, budget_usd=budget,
        )  # fmt: skip
        made = service.create(PLACE, wanted)
        self.run_machines()
        return made.id

    def report(self, cluster_id: str, joined: Iterable[str] = ()) -> None:
        """As the agent: say which workers have joined."""
        service.report(lifecycle.read(cluster_id), ClusterReport(sorted(joined), 1, active=True))

    def run_machines(self) -> None:
        """Let every state machine run to its end, as far as it gets."""
        for name in self.machines.ready:
            execution = self.machines.executions[name]
            while execution.steps:
                event = {"cluster_id": execution.cluster_id, "task_token": name}
                try:
                    getattr(jobs, execution.steps[0])(event)
                except jobs.StillRunning:
                    break
                execution.steps = execution.steps[1:]

    # What Batch does

    def start_all(self, *, orders: bool = True) -> None:
        """Every job that waits gets its computer, and its program its orders, or none."""
        for job_id in self.batch.in_state("RUNNABLE"):
            self.batch.start(job_id)
            if orders:
                self.boot(job_id)

    def boot(self, job_id: str) -> None:
        """A job's program asks for its orders."""
        token = self.batch.tokens[job_id]
        principal = worker.recognise({"authorization": f"Bearer {token}"})
        assert principal is not None
        worker.boot(principal.worker, job_id)

    def exit_all(self, code: int = 0) -> None:
        """Every job's program ends."""
        for job_id in self.batch.in_state("RUNNING"):
            self.batch.exit(job_id, code)

    def end_asked(self) -> None:
        """Those jobs end that were asked to."""
        for job_id in sorted(self.batch.ending):
            if self.batch.jobs[job_id].status == "RUNNING":
                self.batch.exit(job_id, 143)
        self.batch.ending.clear()

    def lose(self, job_id: str) -> None:
        """The computer of a job is taken away."""
        self.batch.lose_host(job_id)

    # What the service does each minute

    def follow(self) -> None:
        """Look at every live worker's job."""
        for cluster in Cluster.scan():
            crew.follow(crew.live_of(cluster.id))

    def sweep(self, *, hears: bool = True) -> None:
        """The minute's sweep of clusters; the service hears reports, and has for a day, or not."""
        if hears:
            Heard("api", since=self.second() - 24 * 3600, until=self.second()).save()
        jobs.cluster_sweep()

    def meter(self) -> None:
        """The minute's metering of clusters."""
        jobs.meter_clusters()

    # What there is

    def workers(self) -> list[Worker]:
        """All workers, oldest first."""
        return sorted(Worker.scan(), key=lambda worker: worker.id)

    def uses(self) -> list[Use]:
        """All uses, oldest first."""
        return sorted(Use.scan(), key=lambda use: use.id)

    def spent(self) -> object:
        """What all uses cost, recorded or not."""
        return sum((use.amount for use in self.uses()), start=0)


@contextmanager
def story(patch: pytest.MonkeyPatch) -> Iterator[Story]:
    """A story on fresh tables."""
    with tables(weighs=False):
        yield Story(patch)
