"""The rules of a worker's own calls: what the program of a job may ask, and tell."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.clusters import crew, lifecycle
from chalicelib.clusters.agent_schemas import Content, Scheduler, WorkerEnvironment, WorkerOrders
from chalicelib.clusters.models import Cluster, ClusterKeys, Worker
from chalicelib.clusters.states import ClusterEnd, ClusterState, ProblemCode, WorkerEnd
from chalicelib.core import clock, db, ids
from chalicelib.core.access import Principal
from chalicelib.core.errors import Gone, NotFound, TooEarly
from chalicelib.storage import service as storage

_REASONS = {
    "environment": WorkerEnd.ENVIRONMENT,
    "scheduler": WorkerEnd.SCHEDULER,
    "other": WorkerEnd.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCaller(Principal):
    """The program of a worker's job."""

    worker: Worker


def recognise(headers: Mapping[str, str]) -> WorkerCaller | None:
    """The worker whose job sends these headers. Raises `Gone` when it is no longer wanted."""
    token = headers.get("authorization", "").removeprefix("Bearer ").strip()
    worker_id, _, secret = token.partition(".")
    try:
        worker = crew.read(worker_id)
    except NotFound:
        return None
    if worker.digest is None or not ids.same(worker.digest, ids.digest(secret)):
        return None
    if worker.leaving is not None or worker.ended_at is not None:
        raise _gone()
    return WorkerCaller(worker.id, worker=worker)


def _gone() -> Gone:
    return Gone("This worker is no longer wanted.", code="worker_ended")


def boot(worker: Worker, job_id: str) -> WorkerOrders:
    """What a worker needs to begin.

    Which job is the worker's is known from Batch alone. Raises `TooEarly` while it isn't known
    yet, and `Gone` for another job than the worker's.
    """
    cluster = lifecycle.read(worker.cluster_id)
    if not lifecycle.is_wanted(cluster):
        raise _gone()
    if worker.job_id is None:
        raise TooEarly("This worker's job is not recorded yet. Ask again in a few seconds.")
    if worker.job_id != job_id:
        raise _gone()
    keys = db.find(ClusterKeys, cluster.id)
    if keys is None:
        raise _gone()
    # Before the answer: whoever may have got it is charged.
    is_live = Worker.ended_at.does_not_exist()
    if not db.update_if(worker, is_live, [Worker.ordered_at.set(clock.millis())]):
        raise _gone()
    return WorkerOrders(
        worker_id=worker.id,
        cluster_id=cluster.id,
        cluster_name=cluster.name,
        vcpu=cluster.vcpu,
        memory_gib=cluster.memory_gib,
        gpu=cluster.gpu,
        scheduler=Scheduler(keys.address, keys.ca, keys.certificate, keys.key),
        environment=_environment(cluster),
    )


def _environment(cluster: Cluster) -> WorkerEnvironment:
    named = [sha for sha in (cluster.lock_sha256, cluster.modules_sha256) if sha]
    urls = storage.addresses(cluster.account_id, named)

    def content(sha256: str | None) -> Content | None:
        return None if sha256 is None else Content(sha256, urls[sha256])

    return WorkerEnvironment(
        cluster.python, content(cluster.lock_sha256), content(cluster.modules_sha256)
    )


def failed(worker: Worker, code: str, message: str) -> None:
    """A worker can't begin, or lost its scheduler: its cluster shows why, unless that is stopping.

    An environment that fails before any worker could begin would fail on all; then the cluster
    stops.
    """
    reason = _REASONS[code]
    db.update(worker, [Worker.end_reason.set(reason), Worker.end_message.set(message)])
    cluster = lifecycle.read(worker.cluster_id)
    if not lifecycle.is_wanted(cluster):
        return
    is_environment = reason is WorkerEnd.ENVIRONMENT
    problem = ProblemCode.ENVIRONMENT if is_environment else ProblemCode.WORKER_FAILED
    lifecycle.set_problem(cluster.id, problem, message)
    if is_environment and cluster.state == ClusterState.STARTING:
        lifecycle.ask_to_stop(cluster, ClusterEnd.ENVIRONMENT, message)
