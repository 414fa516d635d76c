"""What becomes of workers: every fact about them is recorded once, whoever brings it, in any order.

Money follows Batch's own times alone. An attempt is charged from Batch's start to Batch's stop: its
run of billing is opened in the transaction that records the start, and ended in the one that
records the stop. Whether a worker has joined is what its account's own programs say, so it decides
about what is shown and about who is waited for, never about what is owed.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from chalicelib.billing import catalogue
from chalicelib.billing import service as billing
from chalicelib.clusters import batch, crew_ends, environments, lifecycle
from chalicelib.clusters.crew_ends import End
from chalicelib.clusters.models import Cluster, Worker
from chalicelib.clusters.states import (
    WANTED,
    ClusterState,
    PoolKind,
    Reason,
    WorkerEnd,
    WorkerState,
)
from chalicelib.core import clock, db, ids
from chalicelib.core.errors import NotFound
from chalicelib.core.observability import log

_KNOWN_AFTER = timedelta(minutes=2)
"""A job that was submitted this long ago is known to all of Batch's operations."""


def read(worker_id: str) -> Worker:
    """One worker, as it is now. Raises `NotFound`."""
    missing = NotFound("This worker does not exist.")
    if not ids.is_id("wk", worker_id):
        raise missing
    try:
        return Worker.get(worker_id, consistent_read=True)
    except db.DoesNotExist as error:
        raise missing from error


def live_of(cluster_id: str) -> list[Worker]:
    """The workers of a cluster that have not ended, oldest first, as they are now."""
    found = {worker.id for worker in Worker.by_live_cluster.query(cluster_id)}
    workers = Worker.batch_get(found, consistent_read=True) if found else ()
    return sorted((w for w in workers if w.ended_at is None), key=lambda worker: worker.id)


def run_id(worker: Worker, attempt: int) -> str:
    """The run of billing of one attempt."""
    return f"{worker.id}.{attempt}"


def queue_of(worker: Worker) -> str:
    """The queue that its job is in."""
    return environments.name(worker.account_id, worker.kind)


def attempt_of(worker: Worker) -> int:
    """The number of its newest attempt that Batch has told of; 0 before the first."""
    return max([0, *map(int, worker.started.attribute_values)])


def state_of(worker: Worker) -> WorkerState:
    """Where it is, by what is known of its newest attempt."""
    if worker.ended_at is not None:
        return WorkerState.ENDED
    number = str(attempt_of(worker))
    if number == "0" or number in worker.stopped.attribute_values:
        return WorkerState.PENDING
    joined = number in worker.joined.attribute_values
    return WorkerState.RUNNING if joined else WorkerState.STARTING


def waiting_since(worker: Worker) -> datetime | None:
    """Since when it waits for a computer, if it does."""
    if state_of(worker) is not WorkerState.PENDING or worker.submitted_at is None:
        return None
    stops = worker.stopped.attribute_values.values()
    return max([worker.submitted_at, *(clock.moment_of_millis(at) for at in stops)])


def adopt(worker: Worker, job_id: str) -> bool:
    """Take a job as the worker's, unless it has another. False if it has."""
    if worker.job_id is None:
        is_free = Worker.job_id.does_not_exist()
        if not db.update_if(worker, is_free, [Worker.job_id.set(job_id)]):
            worker.refresh(consistent_read=True)
    return worker.job_id == job_id


def observe(worker: Worker, job: batch.Job) -> None:
    """Make the records agree with one description of its job, however old. Others' are ignored."""
    if worker.ended_at is not None or not adopt(worker, job.id):
        return
    for number, attempt in enumerate(job.attempts, 1):
        _observe_attempt(worker, str(number), attempt)
    if job.is_over:
        last = job.attempts[-1] if job.attempts else None
        why = crew_ends.of(worker, job, last)
        end(worker, crew_ends.with_its_cluster(why) if _left_with_its_cluster(worker) else why)


def _observe_attempt(worker: Worker, number: str, attempt: batch.Attempt) -> None:
    if attempt.started_at is not None:
        _started(worker, number, attempt.started_at, attempt.stream)
    start = worker.started.attribute_values.get(number)
    if start is not None and attempt.stopped_at is not None:
        fault = crew_ends.fault(worker, start, attempt.stopped_at, attempt)
        _stopped(worker, number, attempt.stopped_at, fault)


def _left_with_its_cluster(worker: Worker) -> bool:
    """Whether it ended with its cluster before it was told to: the scheduler sends workers home."""
    return worker.leaving is None and lifecycle.read(worker.cluster_id).state not in WANTED


@db.when_contended
def _started(worker: Worker, number: str, at: datetime, stream: str | None) -> None:
    if number in worker.started.attribute_values or worker.ended_at is not None:
        return
    actions = [_of(Worker.started, number).set(_millis(at))]
    if stream:
        actions.append(_of(Worker.streams, number).set(stream))
    try:
        with db.transaction() as write:
            write.update(
                "worker",
                worker,
                actions,
                condition=Worker.ended_at.does_not_exist()
                & _is(Worker.started, number, known=False),
            )
            billing.open_in(write, _use(worker, number, at))
    except db.Refused as refused:
        _look_again(worker, refused)
    else:
        worker.refresh(consistent_read=True)


def _of(facts: Any, number: str) -> Any:
    """What a map of the record has of one attempt, for an update or a condition."""
    return facts[number]


def _is(facts: Any, number: str, *, known: bool) -> db.Condition:
    """Whether something is known of an attempt, or is not."""
    fact = _of(facts, number)
    condition: db.Condition = fact.exists() if known else fact.does_not_exist()
    return condition


def _look_again(worker: Worker, refused: db.Refused) -> None:
    """Something was recorded since the worker was read: try again with that."""
    worker.refresh(consistent_read=True)
    if worker.ended_at is None:
        raise db.Contended from refused


def joined(worker: Worker) -> None:
    """The scheduler has this worker: in the attempt that Batch says runs, once Batch says so."""
    number = str(attempt_of(worker))
    known = {**worker.joined.attribute_values, **worker.stopped.attribute_values}
    if number == "0" or number in known:
        return
    is_fresh = (
        Worker.ended_at.does_not_exist()
        & _is(Worker.joined, number, known=False)
        & _is(Worker.stopped, number, known=False)
    )
    if not db.update_if(worker, is_fresh, [_of(Worker.joined, number).set(clock.millis())]):
        worker.refresh(consistent_read=True)


def _use(worker: Worker, number: str, at: datetime) -> billing.Use:
    cluster = lifecycle.read(worker.cluster_id)
    return billing.Use(
        run_id=run_id(worker, int(number)),
        account_id=worker.account_id,
        resource_id=cluster.id,
        kind=billing.Kind.CLUSTER,
        name=cluster.name,
        size=None,
        units=units_of(cluster, worker.kind),
        started_at=int(at.timestamp()),
    )


def units_of(cluster: Cluster, kind: str) -> catalogue.Units:
    """What one of its workers uses at a time on this kind of computers (`PoolKind`), by meter."""
    return catalogue.units(
        vcpu=cluster.vcpu,
        memory_gib=cluster.memory_gib,
        gpu=cluster.gpu,
        spot=kind == PoolKind.SPOT,
    )


def _stopped(worker: Worker, number: str, at: datetime, fault: str | None = None) -> None:
    _record_stop(worker, number, at, fault)
    billing.settle(run_id(worker, int(number)))


@db.when_contended
def _record_stop(worker: Worker, number: str, at: datetime, fault: str | None) -> None:
    if number in worker.stopped.attribute_values or worker.ended_at is not None:
        return
    run, second = run_id(worker, int(number)), int(at.timestamp())
    credit = billing.credit(run, second, fault) if fault else None
    actions = [_of(Worker.stopped, number).set(_millis(at))]
    if credit:
        actions.append(Worker.free.add({number}))
    try:
        with db.transaction() as write:
            write.update(
                "worker",
                worker,
                actions,
                condition=Worker.ended_at.does_not_exist()
                & _is(Worker.stopped, number, known=False),
            )
            if credit:
                billing.credit_in(write, credit)
            else:
                billing.end_in(write, run, second)
    except db.Refused as refused:
        _look_again(worker, refused)
    else:
        worker.refresh(consistent_read=True)


def end(worker: Worker, why: End) -> None:
    """The worker is over. What is still open of it stops at `why.at`."""
    for number in sorted(worker.started.attribute_values, key=int):
        _stopped(worker, number, _stop_at_the_latest(worker, int(number), why.at))
    _record_end(worker, why)
    if worker.leaving is None and why.reason != WorkerEnd.CLUSTER_STOPPED:
        _missed(worker, why)


def _stop_at_the_latest(worker: Worker, number: int, end: datetime) -> datetime:
    """When an attempt stopped that Batch tells no stop of: no later than the next one began."""
    starts = worker.started.attribute_values
    following = starts.get(str(number + 1))
    if following is not None:
        end = min(end, clock.moment_of_millis(following))
    return max(end, clock.moment_of_millis(starts[str(number)]))


@db.when_contended
def _record_end(worker: Worker, why: End) -> None:
    if worker.ended_at is not None:
        return
    leaving = Worker.leaving
    is_leaving = worker.leaving is not None
    try:
        with db.transaction() as write:
            write.update(
                "worker",
                worker,
                [
                    Worker.ended_at.set(why.at),
                    Worker.end_reason.set(why.reason),
                    Worker.end_message.set(why.message),
                    Worker.live_cluster_id.remove(),
                ],
                condition=Worker.ended_at.does_not_exist()
                & _has_known_starts(worker)
                & (leaving.exists() if is_leaving else leaving.does_not_exist()),
            )
            if not is_leaving:
                write.update("cluster", Cluster(worker.cluster_id), [Cluster.members.add(-1)])
    except db.Refused as refused:
        _look_again(worker, refused)
    else:
        worker.refresh(consistent_read=True)


def _has_known_starts(worker: Worker) -> db.Condition:
    """That no attempt has begun which the ending one doesn't know of."""
    following = str(max([0, *map(int, worker.started.attribute_values)]) + 1)
    return _is(Worker.started, following, known=False)


def _missed(worker: Worker, why: End) -> None:
    """A worker ended that was to stay: its cluster shows why, and fails if it never had another."""
    cluster = lifecycle.read(worker.cluster_id)
    is_environment = why.reason == WorkerEnd.ENVIRONMENT
    if why.reason != WorkerEnd.RETIRED:  # Dask retires workers before anybody is told
        lifecycle.set_problem(
            cluster.id, "environment" if is_environment else "worker_failed", why.message
        )
    if cluster.state == ClusterState.STARTING and not cluster.members and not cluster.unmade:
        reason = Reason.ENVIRONMENT if is_environment else Reason.FAILED_START
        lifecycle.ask_to_stop(cluster, reason, f"No worker could start. {why.message}")


@db.when_contended
def leave(worker: Worker, why: WorkerEnd, message: str, *, replaced: bool = False) -> bool:
    """A worker is no longer wanted; with `replaced`, another one is, on a computer not spare."""
    actions: list[db.Action] = [Cluster.members.add(-1)]
    if replaced:
        actions += [Cluster.unmade.add(1), Cluster.fell_back.set(True)]
    stays = Cluster.state.is_in(ClusterState.STARTING, ClusterState.RUNNING) if replaced else None
    try:
        with db.transaction() as write:
            write.update("worker", worker, _leaving(why, message), condition=_is_staying())
            write.update("cluster", Cluster(worker.cluster_id), actions, condition=stays)
    except db.Refused:
        worker.refresh(consistent_read=True)
        return False
    _terminate(worker)
    return True


def give_up(worker: Worker) -> None:
    """A worker has run for too long without joining: end it; its cluster shows that."""
    minutes = lifecycle.JOIN_SECONDS // 60
    message = (
        f"A worker ran for {minutes} minutes without joining its cluster, and was ended. Its log "
        "says how far it got."
    )
    if leave(worker, WorkerEnd.NOT_JOINED, message):
        _missed(worker, End(WorkerEnd.NOT_JOINED, message, clock.now()))


def dismiss(worker: Worker, why: WorkerEnd, message: str) -> None:
    """End a worker of a cluster that is stopping; nobody counts its members any more."""
    if worker.leaving is None and not db.update_if(worker, _is_staying(), _leaving(why, message)):
        worker.refresh(consistent_read=True)
    _terminate(worker)


def _leaving(why: WorkerEnd, message: str) -> list[db.Action]:
    return [Worker.leaving.set(why), Worker.leaving_message.set(message)]


def _is_staying() -> db.Condition:
    condition: db.Condition = Worker.leaving.does_not_exist() & Worker.ended_at.does_not_exist()
    return condition


def _terminate(worker: Worker) -> None:
    if worker.job_id is not None and worker.ended_at is None:
        batch.terminate(worker.job_id, worker.leaving_message or "no longer wanted")


def follow(workers: Iterable[Worker]) -> dict[str, batch.Job]:
    """Look at the jobs of live workers, and record what they say. Gives them by worker.

    Those that are leaving are asked once more to stop. Those without a job are not touched, unless
    they are leaving, too: then none will come.
    """
    found = list(workers)
    jobs = batch.describe(worker.job_id for worker in found if worker.job_id)
    for worker in found:
        job = jobs.get(worker.job_id or "")
        if job is not None:
            observe(worker, job)
            if worker.leaving is not None:
                _terminate(worker)
        elif worker.job_id is not None:
            _end_if_lost(worker)
        elif worker.leaving is not None:
            _end_if_never_submitted(worker)
    return {worker.id: jobs[worker.job_id] for worker in found if worker.job_id in jobs}


def _end_if_lost(worker: Worker) -> None:
    if worker.submitted_at is not None and clock.now() - worker.submitted_at < _KNOWN_AFTER:
        return
    log.error("Batch knows nothing of a live worker's job", worker_id=worker.id)
    end(worker, crew_ends.lost(worker, _last_seen(worker)))


def _last_seen(worker: Worker) -> datetime:
    """The last moment at which Batch said that it ran, as far as that is recorded."""
    until = billing.recorded_until(run_id(worker, attempt_of(worker)))
    return clock.now() if until is None else clock.moment(until)


def _end_if_never_submitted(worker: Worker) -> None:
    if worker.submitted_at is None:
        end(worker, crew_ends.of(worker, None, None))
        return
    job = batch.find(queue_of(worker), worker.id)
    if job is not None:
        observe(worker, job)
        _terminate(worker)
    elif clock.now() - worker.submitted_at >= _KNOWN_AFTER:
        end(worker, crew_ends.of(worker, None, None))


def _millis(at: datetime) -> int:
    return round(at.timestamp() * 1000)
