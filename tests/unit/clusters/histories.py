"""Histories of clusters: whatever happens, in whatever order, nothing is left over.

And every second for which Batch ran an attempt is billed, once, whatever agents, schedulers and
workers say. Free is only what AWS took away early, and what never got its orders, up to a bound a
day.

Tables are in this process and behave as DynamoDB's. Batch and Step Functions are fakes that lose
answers and events when the history says so; processes die between any two of their requests.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Literal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from chalicelib.accounts.models import Account
from chalicelib.billing import credited
from chalicelib.clusters import crew, jobs, lifecycle, pools, service, worker
from chalicelib.clusters.agent_schemas import ClusterReport, CreateCluster, Environment, Scheduler
from chalicelib.clusters.models import (
    Cluster,
    ClusterKeys,
    ClusterName,
    ClusterSlots,
    Pool,
    Worker,
)
from chalicelib.clusters.schemas import TaskCounts
from chalicelib.clusters.states import LIVE, WANTED, PoolKind
from chalicelib.core import clock, config, errors, hearing, ids
from chalicelib.core.shards import Shards
from chalicelib.metering import uses
from chalicelib.metering.ledger import plain
from chalicelib.metering.models import Segment, Use
from chalicelib.notebooks.callers import Place
from localcloud.tables import Call, Tables
from tests.unit.clusters.fake_batch import HOST_LOST, Execution, FakeBatch, FakeMachines

ACCOUNT = "acc_1"
PLACE = Place(ACCOUNT, "nb_1", "Story", "srv_1", "http://nb-1.localhost")
BEGIN = int(datetime(2026, 11, 10, 9, 50, tzinfo=UTC).timestamp())
NAMES = ("sim", "fit")
MOST_WORKERS = 5
"""What any cluster of these histories is scaled to: so many are replaced at most."""
SETTINGS = config.Settings(**dict.fromkeys((each.name for each in fields(config.Settings)), "set"))

Purchase = Literal["on_demand", "spot", "spot_with_fallback"]
PURCHASES: tuple[Purchase, ...] = ("on_demand", "spot", "spot_with_fallback")
EARLY = timedelta(minutes=5)
"""What AWS takes away within this time is free."""
FREE_USD_DAY = Decimal("0.0015")
"""Little enough that a history gets there."""
USD_SECOND = {"on_demand": Decimal("0.000018"), "spot": Decimal("0.0000072")}
"""What a second of these histories' workers costs: one vCPU and 2 GiB."""
HAPPENINGS = ("dies before", "dies after", "answer lost", "events come", "sweeps", "stops")
Trouble = tuple[str, int] | None
"""What happens at which of a process's requests, if anything."""
TROUBLE: st.SearchStrategy[Trouble] = st.none() | st.tuples(
    st.sampled_from(HAPPENINGS), st.integers(0, 12)
)


class Crash(BaseException):
    """The process died at this point."""


def _die() -> None:
    raise Crash


def _lose() -> None:
    raise ConnectionError("the answer was lost")


class Histories(RuleBasedStateMachine):
    """A notebook with clusters, and everything that can happen to them."""

    dynamodb: Tables

    def __init__(self) -> None:
        super().__init__()
        self.dynamodb.reset()
        self.now = BEGIN
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(clock, "now", lambda: datetime.fromtimestamp(self.now, UTC))
        self.patch.setattr(clock, "seconds", lambda: self.now)
        self.patch.setattr(clock, "millis", lambda: self.now * 1000)
        self.patch.setattr(clock, "wait", lambda _: None)
        self.patch.setattr(config, "settings", lambda: SETTINGS)
        numbers = count(1)
        self.patch.setattr(ids, "new_id", lambda prefix: f"{prefix}_{next(numbers):026d}")
        # One at a time, and in one shard: a history is the same each time, and sooner over.
        self.patch.setattr(jobs, "_side_by_side", lambda work, those: [work(w) for w in those])
        self.patch.setattr(lifecycle, "LIVE_SHARDS", Shards(1))
        self.patch.setattr(uses, "OPEN_SHARDS", Shards(1))
        self.patch.setattr(pools, "prepare", lambda _: None)
        self.patch.setattr(credited, "FREE_USD_DAY", FREE_USD_DAY)
        self.batch, self.machines = FakeBatch(lambda: self.now), FakeMachines()
        self.batch.install(self.patch)
        self.machines.install(self.patch)
        self.ordered: list[tuple[str, int]] = []
        """Which job got its orders at which second."""
        self.joined: dict[str, str] = {}
        """The scheduler's workers: worker by job."""
        self.disturbed: set[str] = set()
        """Clusters of which a worker ended that was wanted; nobody replaces it without tasks."""
        moment = clock.now()
        Account(ACCOUNT, login="ada", name="Ada", plan="lab", created_at=moment).save()
        for kind in PoolKind:
            Pool(
                pools.id_of(ACCOUNT, kind), account_id=ACCOUNT, kind=kind, state="ready",
                made_at=moment, last_used_at=moment,
            ).save()  # fmt: skip

    def teardown(self) -> None:
        try:
            self._everything_works_again()
            self._wanted_is_there()
            self._stop_all()
            self._nothing_is_left()
            self._every_second_is_billed_once()
        finally:
            self.patch.undo()

    # What people and agents do

    @rule(
        name=st.sampled_from(NAMES),
        workers=st.integers(0, 4),
        purchase=st.sampled_from(PURCHASES),
        trouble=TROUBLE,
    )
    def a_cluster_is_made(
        self, name: str, workers: int, purchase: Purchase, trouble: Trouble
    ) -> None:
        self._do(partial(self._make, name, workers, purchase), trouble)

    @initialize(workers=st.integers(0, 4), purchase=st.sampled_from(PURCHASES))
    def a_cluster_is_there(self, workers: int, purchase: Purchase) -> None:
        """Most histories begin with some jobs: what happens to nothing is soon told."""
        if not workers:
            return
        self._make(NAMES[0], workers, purchase)
        for name in self.machines.ready:
            while self.machines.executions[name].steps:
                self._step(name, self.machines.executions[name])

    def _make(self, name: str, workers: int, purchase: Purchase) -> None:
        at = Scheduler("tls://10.64.64.1:8700", "ca", "certificate", "key")
        wanted = CreateCluster(
            name, workers, 1, 2, at, Environment("3.11"), purchase=purchase, detached=True,
            idle_minutes=30,
        )  # fmt: skip
        service.create(PLACE, wanted)

    @precondition(lambda self: self._wanted())
    @rule(data=st.data(), workers=st.integers(0, MOST_WORKERS), trouble=TROUBLE)
    def it_is_scaled(self, data: st.DataObject, workers: int, trouble: Trouble) -> None:
        cluster = data.draw(st.sampled_from(self._wanted()))
        there = [w.id for w in crew.live_of(cluster)]
        retire = data.draw(st.lists(st.sampled_from(there), max_size=2)) if there else []
        self._do(lambda: service.scale(lifecycle.read(cluster), workers, retire), trouble)

    @precondition(lambda self: self._wanted())
    @rule(data=st.data(), trouble=TROUBLE)
    def it_is_closed(self, data: st.DataObject, trouble: Trouble) -> None:
        cluster = data.draw(st.sampled_from(self._wanted()))
        self._do(lambda: service.close(lifecycle.read(cluster)), trouble)

    @rule(
        says=st.sampled_from(["who joined", "who joined", "nobody", "all"]),
        waiting=st.sampled_from([0, 0, 3]),
        trouble=TROUBLE,
    )
    def agents_report(self, says: str, waiting: int, trouble: Trouble) -> None:
        for cluster in self._clusters():
            everybody = [worker.id for worker in crew.live_of(cluster)]
            named = {"nobody": [], "all": everybody}.get(says, self._who_joined())
            self._do(partial(self._report, cluster, named, waiting), trouble)

    def _who_joined(self) -> list[str]:
        return sorted(set(self.joined.values()))

    def _report(self, cluster: str, joined: list[str], waiting: int = 0) -> None:
        told = ClusterReport(joined, 1, active=True, tasks=TaskCounts(waiting, 0, 0, 0))
        service.report(lifecycle.read(cluster), told)

    # What Batch does

    @precondition(lambda self: self.batch.in_state("RUNNABLE"))
    @rule(data=st.data(), boots=st.sampled_from([True, True, True, False]), trouble=TROUBLE)
    def a_job_starts(self, data: st.DataObject, boots: bool, trouble: Trouble) -> None:
        job_id = data.draw(st.sampled_from(self.batch.in_state("RUNNABLE")))
        self.batch.start(job_id)
        if boots:
            self._do(lambda: self._boot(job_id), trouble)

    def _boot(self, job_id: str) -> None:
        """The program asks for orders, and joins the scheduler; refused, it ends."""
        headers = {"authorization": f"Bearer {self.batch.tokens[job_id]}"}
        try:
            principal = worker.recognise(headers)
            if principal is not None:
                worker.boot(principal.worker, job_id)
                self.ordered.append((job_id, self.now))
                self.joined[job_id] = self.batch.jobs[job_id].name
                return
        except errors.TooEarly:
            return  # it asks again later
        except errors.Gone:
            pass
        self._exits(job_id, 0)

    @precondition(lambda self: self.batch.in_state("RUNNING"))
    @rule(data=st.data())
    def a_host_is_taken_away(self, data: st.DataObject) -> None:
        self._a_host_vanishes(data.draw(st.sampled_from(self.batch.in_state("RUNNING"))))

    def _a_host_vanishes(self, job_id: str) -> None:
        self.joined.pop(job_id, None)
        self.batch.lose_host(job_id)
        if self.batch.jobs[job_id].is_over:
            self._note_disturbed(job_id)

    @precondition(lambda self: self.batch.in_state("RUNNABLE", "RUNNING"))
    @rule(seconds=st.sampled_from([20, 75, 150, 400]))
    def all_hosts_are_taken_away_after_a_while(self, seconds: int) -> None:
        self._all_start()
        self._time_passes(seconds)
        for job_id in self.batch.in_state("RUNNING"):
            self._a_host_vanishes(job_id)

    @precondition(lambda self: self.batch.in_state("RUNNABLE", "RUNNING"))
    @rule(seconds=st.sampled_from([20, 59, 150]), code=st.sampled_from([0, 70]))
    def all_workers_compute_unseen_for_a_while(self, seconds: int, code: int) -> None:
        self._all_start()
        for job_id in self.batch.in_state("RUNNING"):
            self._boot(job_id)
        self._time_passes(seconds)
        for job_id in self.batch.in_state("RUNNING"):
            self._exits(job_id, code)

    def _all_start(self) -> None:
        for job_id in self.batch.in_state("RUNNABLE"):
            self.batch.start(job_id)

    @precondition(lambda self: self.batch.in_state("RUNNING"))
    @rule(data=st.data(), code=st.sampled_from([0, 1, 70, 137]))
    def a_program_ends(self, data: st.DataObject, code: int) -> None:
        self._exits(data.draw(st.sampled_from(self.batch.in_state("RUNNING"))), code)

    def _exits(self, job_id: str, code: int) -> None:
        self.joined.pop(job_id, None)
        self._note_disturbed(job_id)
        self.batch.exit(job_id, code)

    def _note_disturbed(self, job_id: str) -> None:
        self.disturbed.add(Worker.get(self.batch.jobs[job_id].name).cluster_id)

    @precondition(lambda self: self.batch.ending)
    @rule()
    def jobs_end_that_were_asked_to(self) -> None:
        self._end_those_asked()

    def _end_those_asked(self) -> None:
        for job_id in sorted(self.batch.ending):
            self.joined.pop(job_id, None)
            if self.batch.jobs[job_id].status == "RUNNING":
                self.batch.exit(job_id, 143)
        self.batch.ending.clear()

    @precondition(lambda self: self.batch.events)
    @rule(data=st.data(), again=st.booleans(), trouble=TROUBLE)
    def an_event_comes(self, data: st.DataObject, again: bool, trouble: Trouble) -> None:
        which = data.draw(st.integers(0, len(self.batch.events) - 1))
        job = self.batch.events[which] if again else self.batch.events.pop(which)
        self._do(lambda: crew.observe(crew.read(job.name), job), trouble)

    @precondition(lambda self: self.batch.events)
    @rule()
    def events_are_lost(self) -> None:
        self.batch.events.clear()

    # What machines do

    @precondition(lambda self: self.machines.ready)
    @rule(data=st.data(), twice=st.booleans(), trouble=TROUBLE)
    def a_step_runs(self, data: st.DataObject, twice: bool, trouble: Trouble) -> None:
        name = data.draw(st.sampled_from(self.machines.ready))
        for _ in range(2 if twice else 1):
            if self.machines.executions[name].steps:
                self._do(lambda: self._step(name, self.machines.executions[name]), trouble)

    def _step(self, name: str, execution: Execution) -> None:
        step = execution.steps[0]
        execution.is_waiting = step == "drain_cluster"
        try:
            getattr(jobs, step)({"cluster_id": execution.cluster_id, "task_token": name})
        except jobs.StillRunning:
            return
        finally:
            execution.is_waiting = False  # thirty seconds pass
        execution.steps = execution.steps[1:]

    @rule(is_down=st.booleans())
    def step_functions_come_and_go(self, is_down: bool) -> None:
        self.machines.is_down = is_down

    @rule(seconds=st.sampled_from([1, 20, 59, 190, 700]), is_deaf=st.booleans(), trouble=TROUBLE)
    def time_passes_and_sweeps_run(self, *, seconds: int, is_deaf: bool, trouble: Trouble) -> None:
        self._time_passes(seconds, is_deaf=is_deaf)
        self._do(jobs.cluster_sweep, trouble)

    def _time_passes(self, seconds: int, *, is_deaf: bool = False) -> None:
        """Move the clock; the canary is heard each minute, unless the service is deaf."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + 60)
            if not is_deaf:
                hearing.note()

    @rule(seconds=st.sampled_from([1, 60, 700]), trouble=TROUBLE)
    def use_is_metered(self, seconds: int, trouble: Trouble) -> None:
        self._time_passes(seconds)
        self._do(jobs.meter_clusters, trouble)

    # What goes wrong

    def _do(self, work: Callable[[], object], trouble: Trouble) -> None:
        """Do some work; at one of its requests, something may happen."""
        if trouble is not None:
            self._at_request(*trouble)
        with suppress(Crash, ConnectionError, errors.RamonError):
            work()
        self._calm()

    def _calm(self) -> None:
        self.dynamodb.before = self.dynamodb.after = None
        self.batch.before = self.batch.after = None

    def _at_request(self, what: str, calls: int) -> None:
        acts: dict[str, Callable[[], object]] = {
            "dies before": _die,
            "dies after": _die,
            "answer lost": _lose,
            "events come": self._all_events,
            "sweeps": jobs.cluster_sweep,
            "stops": self._close_all,
        }
        act = acts[what]
        left = [calls]

        def hook(*_: Call) -> None:
            left[0] -= 1
            if left[0] < 0:
                self._calm()
                act()

        if what == "answer lost":
            left[0] = calls // 4
            self.batch.after = hook
        elif what == "dies after":
            self.dynamodb.after = self.batch.after = hook
        else:
            self.dynamodb.before = self.batch.before = hook

    def _all_events(self) -> None:
        while self.batch.events:
            job = self.batch.events.pop()
            crew.observe(crew.read(job.name), job)

    def _close_all(self) -> None:
        with suppress(ConnectionError):
            for cluster in self._wanted():
                service.close(lifecycle.read(cluster))

    # What must always hold

    @invariant()
    def no_more_is_wanted_than_the_slots_say(self) -> None:
        live = [c for c in map(lifecycle.read, self._clusters()) if c.live]
        taken = sum(slots.vcpus for slots in ClusterSlots.scan())
        assert taken == sum(cluster.wanted * cluster.vcpu for cluster in live)

    @invariant()
    def no_more_are_replaced_than_the_bound(self) -> None:
        assert all(cluster.replaced <= MOST_WORKERS for cluster in Cluster.scan())

    @invariant()
    def members_are_those_who_stay(self) -> None:
        for cluster in map(lifecycle.read, self._wanted()):
            staying = [w for w in crew.live_of(cluster.id) if w.leaving is None]
            assert cluster.members == len(staying)

    def _clusters(self) -> list[str]:
        return sorted(cluster.id for cluster in Cluster.scan())

    def _wanted(self) -> list[str]:
        return sorted(cluster.id for cluster in Cluster.scan() if cluster.state in WANTED)

    # What must hold in the end

    def _everything_works_again(self) -> None:
        self.machines.is_down = False
        for _ in range(8):
            self._settle()

    def _settle(self) -> None:
        self._time_passes(30)
        for cluster in self._clusters():
            self._report(cluster, self._who_joined())
        for job_id in self.batch.in_state("RUNNABLE"):
            self.batch.start(job_id)
        for job_id in self.batch.in_state("RUNNING"):
            if job_id not in self.joined and job_id not in self.batch.ending:
                self._boot(job_id)
        self._end_those_asked()
        for cluster in self._clusters():
            self._report(cluster, self._who_joined())
        jobs.cluster_sweep()
        for name in self.machines.ready:
            self._step(name, self.machines.executions[name])
        jobs.meter_clusters()
        self.batch.events.clear()

    def _wanted_is_there(self) -> None:
        for cluster in map(lifecycle.read, self._wanted()):
            running = [w for w in crew.live_of(cluster.id) if crew.state_of(w) == "running"]
            assert len(running) == cluster.members
            assert cluster.unmade == 0
            if cluster.id not in self.disturbed:
                assert len(running) == cluster.wanted

    def _stop_all(self) -> None:
        self._close_all()
        for _ in range(12):
            self._settle()

    def _nothing_is_left(self) -> None:
        active = [job.id for job in self.batch.jobs.values() if not job.is_over]
        assert active == []
        assert [c.id for c in Cluster.scan() if c.live or c.state in LIVE] == []
        assert [w.id for w in Worker.scan() if w.ended_at is None or w.live_cluster_id] == []
        assert not [*ClusterName.scan(), *ClusterKeys.scan()]
        assert sum(slots.vcpus for slots in ClusterSlots.scan()) == 0

    def _every_second_is_billed_once(self) -> None:
        found = {use.id: use for use in Use.scan()}
        given, refused = Decimal(0), []
        for record in Worker.scan():
            job = self.batch.jobs.get(record.job_id or "")
            for number, attempt in enumerate(job.attempts if job else (), 1):
                use = found.pop(f"{record.id}.{number}")
                assert attempt.started_at is not None
                assert attempt.stopped_at is not None
                length = attempt.stopped_at - attempt.started_at
                cost = length // timedelta(seconds=1) * USD_SECOND[record.kind]
                is_due = attempt.status_reason == HOST_LOST and length < EARLY
                had_orders = any(
                    one == (job.id if job else "")
                    and attempt.started_at <= clock.moment(at) <= attempt.stopped_at
                    for one, at in self.ordered
                )
                may_be_free = is_due or not had_orders
                is_free = str(number) in (record.free or set())
                assert is_free <= may_be_free
                assert ("spot_vcpu_seconds" in plain(use.units)) == (record.kind == "spot")
                assert _recorded_seconds(use) == (0 if is_free else length.total_seconds())
                assert use.amount == (0 if is_free else cost)
                assert use.open_shard is None
                if is_free:
                    given += cost
                elif is_due and cost:
                    refused.append(cost)
        assert found == {}
        assert given <= FREE_USD_DAY
        assert all(given + cost > FREE_USD_DAY for cost in refused)


def _recorded_seconds(use: Use) -> int:
    segments = Segment.query(use.id, consistent_read=True)
    return sum(segment.sign * (segment.end - segment.start) for segment in segments)
