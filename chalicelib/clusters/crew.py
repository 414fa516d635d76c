"""What becomes of workers: every fact about them is recorded once, whoever brings it, in any order.

Of its attempts, and of what is charged, tells `attempts.py`.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from chalicelib.clusters import (
    attempts,
    batch,
    crew_ends,
    environments,
    lifecycle,
    replacing,
    unknown,
)
from chalicelib.clusters.crew_ends import End
from chalicelib.clusters.models import Cluster, Worker
from chalicelib.clusters.states import (
    WANTED,
    ClusterEnd,
    ClusterState,
    ProblemCode,
    WorkerEnd,
    WorkerState,
)
from chalicelib.core import clock, db, ids
from chalicelib.core.errors import NotFound
from chalicelib.core.sweeps import readable

_KNOWN_AFTER = timedelta(minutes=2)
"""A job that was submitted this long ago is known to all of Batch's operations, whatever became of
the answer to its submission."""


def read(worker_id: str) -> Worker:
    """One worker, as it is now. Raises `NotFound`."""
    if not ids.is_id("wk", worker_id):
        raise NotFound("This worker does not exist.")
    return db.read(Worker, worker_id, "worker")


def live_of(cluster_id: str) -> list[Worker]:
    """The workers of a cluster that have not ended, oldest first, as they are now.

    Raises what reading a row raises: a cluster whose workers aren't all known is not over.
    """
    return sorted(_alive(_rows_of(cluster_id)), key=lambda worker: worker.id)


def readable_of(cluster_id: str) -> list[Worker]:
    """Those of them whose rows can be read: what they use is recorded all the same."""
    rows = readable("workers of a cluster were not all read", _rows_of(cluster_id))
    return list(_alive(rows))


def _rows_of(cluster_id: str) -> Iterable[Worker]:
    rows = Worker.by_live_cluster.query(cluster_id, attributes_to_get=["id"])
    found = {worker.id for worker in rows}
    return Worker.batch_get(found, consistent_read=True) if found else ()


def _alive(workers: Iterable[Worker]) -> Iterator[Worker]:
    return (worker for worker in workers if worker.ended_at is None)


def queue_of(worker: Worker) -> str:
    """The queue that its job is in."""
    return environments.name(worker.account_id, worker.kind)


def state_of(worker: Worker) -> WorkerState:
    """Where it is, by what is known of its newest attempt."""
    if worker.ended_at is not None:
        return WorkerState.ENDED
    number = str(attempts.newest(worker))
    if number == "0" or number in worker.stopped.attribute_values:
        return WorkerState.PENDING
    joined = number in worker.joined.attribute_values
    return WorkerState.RUNNING if joined else WorkerState.STARTING


def waiting_since(worker: Worker) -> datetime | None:
    """Since when it waits for a computer, if it does."""
    if state_of(worker) is not WorkerState.PENDING or worker.submitted_at is None:
        return None
    stops = worker.stopped.attribute_values.values()
    return max([worker.submitted_at, *(clock.moment_of_millis(int(at)) for at in stops)])


def adopt(worker: Worker, job_id: str) -> bool:
    """Take a job as the worker's, unless it has another. False if it has."""
    if worker.job_id is None:
        is_free = Worker.job_id.does_not_exist()
        if not db.update_if(worker, is_free, [Worker.job_id.set(job_id)]):
            worker.refresh(consistent_read=True)
    return worker.job_id == job_id


def observe(worker: Worker, job: batch.Job) -> None:
    """Make the records agree with one description of its job, however old. Others' are ignored."""
    if worker.ended_at is not None:
        if worker.leaving is None and worker.end_reason != WorkerEnd.CLUSTER_STOPPED:
            # Whoever recorded its end may not have come to this.
            _fail_if_none_is_left(worker, worker.end_reason, worker.end_message)
        return
    if not adopt(worker, job.id):
        return
    for number, attempt in enumerate(job.attempts, 1):
        attempts.observe(worker, str(number), attempt)
    if job.is_over:
        last = job.attempts[-1] if job.attempts else None
        why = crew_ends.of(worker, job, last)
        end(worker, crew_ends.with_its_cluster(why) if _left_with_its_cluster(worker) else why)


def _left_with_its_cluster(worker: Worker) -> bool:
    """Whether it ended with its cluster before it was told to: the scheduler sends workers home."""
    return worker.leaving is None and lifecycle.read(worker.cluster_id).state not in WANTED


def end(worker: Worker, why: End) -> None:
    """The worker is over. What is still open of it stops at `why.at`."""
    for number in sorted(worker.started.attribute_values, key=int):
        attempts.stopped(worker, number, attempts.stop_at_the_latest(worker, int(number), why.at))
    is_missed = worker.leaving is None and why.reason != WorkerEnd.CLUSTER_STOPPED
    if is_missed:
        _show(worker, why)
    _record_end(worker, why)
    if is_missed:
        _fail_if_none_is_left(worker, why.reason, why.message)


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
                missed: list[db.Action] = [Cluster.members.add(-1)]
                if why.reason in replacing.REPLACED:
                    missed.append(Cluster.lost.add(1))
                write.update("cluster", Cluster(worker.cluster_id), missed)
    except db.Refused as refused:
        attempts.look_again(worker, refused)
    else:
        worker.refresh(consistent_read=True)


def _has_known_starts(worker: Worker) -> db.Condition:
    """That no attempt has begun which the ending one doesn't know of."""
    following = str(max([0, *map(int, worker.started.attribute_values)]) + 1)
    return attempts.is_known(Worker.started, following, known=False)


def _show(worker: Worker, why: End) -> None:
    """Let the cluster of a worker that was to stay show why it ended."""
    if why.reason != WorkerEnd.RETIRED:  # Dask retires workers before anybody is told
        is_environment = why.reason == WorkerEnd.ENVIRONMENT
        problem = ProblemCode.ENVIRONMENT if is_environment else ProblemCode.WORKER_FAILED
        lifecycle.set_problem(worker.cluster_id, problem, why.message)


def _fail_if_none_is_left(worker: Worker, reason: str | None, message: str | None) -> None:
    """Stop a cluster that is starting when its last worker has ended. Asked again, does no more."""
    cluster = lifecycle.read(worker.cluster_id)
    if cluster.state == ClusterState.STARTING and not cluster.members and not cluster.unmade:
        is_environment = reason == WorkerEnd.ENVIRONMENT
        why = ClusterEnd.ENVIRONMENT if is_environment else ClusterEnd.FAILED_START
        lifecycle.ask_to_stop(cluster, why, f"No worker could start. {message or ''}".strip())


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
        _show(worker, End(WorkerEnd.NOT_JOINED, message, clock.now()))
        _fail_if_none_is_left(worker, WorkerEnd.NOT_JOINED, message)


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
            unknown.note_known(worker)
            observe(worker, job)
            if worker.leaving is not None:
                _terminate(worker)
        elif worker.job_id is not None:
            if unknown.is_over(worker):
                end(worker, crew_ends.lost(worker, attempts.last_seen(worker)))
        elif worker.leaving is not None:
            _end_if_never_submitted(worker)
    return {worker.id: jobs[worker.job_id] for worker in found if worker.job_id in jobs}


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
