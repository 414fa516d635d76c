"""Bodies of the state machines' steps, of Batch's events, and of the sweeps.

Every one may run twice, late, or beside itself: each does what is left to do.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chalicelib.billing import rights as billing
from chalicelib.clusters import (
    batch,
    crew,
    lifecycle,
    of_servers,
    pools,
    rights,
    spending,
    state_machines,
    sweeps,
)
from chalicelib.clusters.models import Cluster, Worker
from chalicelib.clusters.states import LIVE, SAVES, ClusterEnd, ClusterState, ProblemCode, WorkerEnd
from chalicelib.core import clock, config, db, ids
from chalicelib.core.entry_points import (
    EVERY_HOUR,
    EVERY_MINUTE,
    AskAgain,
    on_event,
    schedule,
    step,
)
from chalicelib.core.errors import NotFound
from chalicelib.core.observability import log
from chalicelib.core.sweeps import MAY_SWEEP
from chalicelib.metering import rights as metering
from chalicelib.notebooks import service as notebooks
from chalicelib.plans import catalogue

_AT_ONCE = 16
"""Jobs that one step submits or terminates side by side."""


class StillRunning(AskAgain):
    """Jobs have not stopped yet; the state machine asks again."""


@step(
    alarm="clusters",
    may=(
        *rights.CHANGE_CLUSTERS,
        *rights.FIND_LIVE,
        "delete, get, put, scan, update cluster_pools",
        "describe compute environments",
        "describe job queues",
        "make pools",
        "remove pools",
    ),
)
def prepare_pool(event: dict[str, Any]) -> None:
    """Step: see that there are computers to be had for a cluster.

    Raises `pools.NoPlace` and `pools.NotReady`; the state machine tries again.
    """
    cluster = lifecycle.read(event["cluster_id"])
    if lifecycle.is_wanted(cluster):
        pools.prepare(cluster)


@step(
    timeout_seconds=300,
    alarm="clusters",
    may=(
        *rights.CHANGE_CLUSTERS,
        *rights.FIND_WORKERS,
        "batch-get, get, put, update workers",
        *rights.LOOK_AT_JOBS,
        "submit jobs",
        "terminate jobs",
    ),
)
def submit_workers(event: dict[str, Any]) -> None:
    """Step: submit the jobs of all workers that are wanted and have none."""
    cluster = lifecycle.read(event["cluster_id"])
    while lifecycle.make_workers(cluster):
        pass
    if lifecycle.is_wanted(cluster):
        without = [w for w in crew.live_of(cluster.id) if w.job_id is None and w.leaving is None]
        _side_by_side(lambda worker: _submit(cluster, worker), without)


def _submit(cluster: Cluster, worker: Worker) -> None:
    """Submit a worker's job, once; that of one who died in between is found by its name."""
    if worker.submitted_at is not None:
        job = batch.find(crew.queue_of(worker), worker.id)
        if job is not None:
            crew.adopt(worker, job.id)
            return
    secret = ids.new_secret()
    if not _claim(worker, ids.digest(secret)):
        return
    job_id = batch.submit(_order(cluster, worker, secret))
    if not crew.adopt(worker, job_id):
        batch.terminate(job_id, "another job was submitted for this worker")
    worker.refresh(consistent_read=True)
    if worker.leaving is not None:
        batch.terminate(job_id, "no longer wanted")


def _claim(worker: Worker, digest: str) -> bool:
    """Take on the submission, unless somebody does at this moment, or the worker is leaving."""
    before = worker.submitted_at
    submitted = Worker.submitted_at
    return db.update_if(
        worker,
        Worker.job_id.does_not_exist()
        & Worker.leaving.does_not_exist()
        & Worker.ended_at.does_not_exist()
        & (submitted.does_not_exist() if before is None else submitted == before),
        [Worker.submitted_at.set(clock.now()), Worker.digest.set(digest)],
    )


def _order(cluster: Cluster, worker: Worker, secret: str) -> batch.Order:
    environment = {
        "RAMON_API_URL": config.settings().api_url,
        "RAMON_WORKER_TOKEN": f"{worker.id}.{secret}",
        "RAMON_MEMORY_BYTES": str(cluster.memory_gib * catalogue.GIB),
    }
    return batch.Order(
        worker_id=worker.id,
        cluster_id=cluster.id,
        account_id=cluster.account_id,
        queue=crew.queue_of(worker),
        vcpu=cluster.vcpu,
        memory_gib=cluster.memory_gib,
        gpu=cluster.gpu,
        environment=environment,
    )


def _side_by_side(work: Callable[[Worker], None], workers: Iterable[Worker]) -> None:
    """Do something for many workers. What one raises is raised once all are done."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done in [pool.submit(work, worker) for worker in workers]:
            done.result()


@step(alarm="clusters", may=rights.STOP)
def fail_cluster(event: dict[str, Any]) -> None:
    """Step: a start came to nothing. A cluster that never ran stops; another one shows it."""
    cluster = lifecycle.read(event["cluster_id"])
    error = event.get("error") or {}
    log.warning("a cluster's start failed", cluster_id=cluster.id, error=error)
    message = _why_failed(str(error.get("Error", "")))
    if cluster.state == ClusterState.STARTING:
        lifecycle.ask_to_stop(cluster, ClusterEnd.FAILED_START, message)
    elif cluster.state == ClusterState.RUNNING:
        lifecycle.set_problem(
            cluster.id, ProblemCode.NO_CAPACITY, "More workers could not be started yet."
        )


def _why_failed(error: str) -> str:
    if error == "NoPlace":
        return (
            "No place for its computers became free within 15 minutes. You are not charged for "
            "this. Try again later."
        )
    return "Its computers could not be had. You are not charged for this. Try again."


@step(alarm="clusters", may=rights.STOP_OF_NOTEBOOK)
def stop_clusters(event: dict[str, Any]) -> None:
    """Step of `stop_notebook`: stop a server's clusters. Raises `StillSaving` until they saved."""
    of_servers.stop_before(event["notebook_id"], event["server_id"])


@on_event(
    "aws.ecs",
    "ECS Task State Change",
    alarm="clusters",
    may=("get servers", *rights.STOP_OF_NOTEBOOK),
)
def on_notebook_task_stopped(detail: dict[str, Any]) -> None:
    """Event: a task of ECS has stopped. If it was a notebook's, its clusters stop at once."""
    server = notebooks.stopped_server(detail)
    if server is not None:
        of_servers.stop_after(server.notebook_id, server.id)


@step(alarm="clusters", may=(*rights.CHANGE_CLUSTERS, "succeed waiting steps"))
def drain_cluster(event: dict[str, Any]) -> None:
    """Step: let the agent save finished results, where nobody stands by who wants them."""
    cluster, token = lifecycle.read(event["cluster_id"]), event["task_token"]
    db.update(cluster, [Cluster.drain_token.set(token)])
    saves = cluster.state == ClusterState.STOPPING and cluster.stop_reason in SAVES
    if not saves or cluster.saved_results is not None or cluster.started_at is None:
        state_machines.succeed(token)


@step(
    timeout_seconds=300,
    alarm="clusters",
    may=("get clusters", *rights.FIND_WORKERS, *rights.CHANGE_WORKERS, "terminate jobs"),
)
def terminate_workers(event: dict[str, Any]) -> None:
    """Step: ask all workers of a cluster to stop."""
    cluster = lifecycle.read(event["cluster_id"])
    if cluster.state == ClusterState.STOPPING:
        message = cluster.stop_message or "Its cluster stopped."
        _side_by_side(
            lambda worker: crew.dismiss(worker, WorkerEnd.CLUSTER_STOPPED, message),
            crew.live_of(cluster.id),
        )


@step(
    alarm="clusters",
    timeout_seconds=300,
    may=(
        *rights.FOLLOW_WORKERS,
        *rights.FIND_WORKERS,
        *rights.LOOK_AT_JOBS,
        "terminate jobs",
        "get hearing",
        *metering.SPENT,
        "delete cluster_names",
        "delete cluster_keys",
        "update cluster_slots",
    ),
)
def close_cluster(event: dict[str, Any]) -> None:
    """Step: close the record of a cluster whose workers are over. Raises `StillRunning` before."""
    cluster = lifecycle.read(event["cluster_id"])
    if cluster.state not in LIVE:
        return
    terminate_workers(event)  # one may have been made at the moment at which it stopped
    crew.follow(crew.live_of(cluster.id))
    left = crew.live_of(cluster.id)
    if left:
        raise StillRunning(f"{len(left)} workers of {cluster.id}")
    lifecycle.closed(cluster, spending.of([cluster])[cluster.id].spent)


@on_event("aws.batch", "Batch Job State Change", alarm="clusters", may=rights.FOLLOW_WORKERS)
def on_job_state_change(detail: dict[str, Any]) -> None:
    """Event: a job of Batch has changed. Its worker's record follows."""
    job = batch.parse(detail)
    if not job.queue.startswith(f"ramon-{config.stage()}-"):
        return
    try:
        worker = crew.read(job.name)
    except NotFound:
        log.warning("a job without a worker has changed", job_id=job.id)
        return
    crew.observe(worker, job)


@schedule(
    EVERY_MINUTE,
    alarm="billing",
    timeout_seconds=300,
    may=(
        *MAY_SWEEP,
        *rights.FIND_LIVE,
        *rights.FIND_WORKERS,
        *rights.FOLLOW_WORKERS,
        "get hearing",
        "describe jobs",
        *billing.METER_ALL,
        *metering.SPENT,
    ),
)
def meter_clusters() -> None:
    """Sweep: record what runs, and stop what may not go on: budget, limit, plan, unpaid invoice."""
    sweeps.meter()


@schedule(
    EVERY_MINUTE,
    alarm="clusters",
    timeout_seconds=300,
    may=(
        *MAY_SWEEP,
        *rights.FIND_LIVE,
        *rights.FIND_WORKERS,
        *rights.FOLLOW_WORKERS,
        "batch-get servers",
        "get hearing",
        "execute start_cluster",
        *rights.LOOK_AT_JOBS,
        "terminate jobs",
        "describe compute environments",
        "scan cluster_pools",
    ),
)
def cluster_sweep() -> None:
    """Sweep: stop clusters by their rules, bring records up to date, stop jobs nobody wants."""
    sweeps.look_after_all()
    sweeps.stop_strays()


@schedule(
    EVERY_HOUR,
    alarm="clusters",
    timeout_seconds=300,
    may=(
        *MAY_SWEEP,
        *rights.FIND_LIVE,
        "delete, scan, update cluster_pools",
        "describe compute environments",
        "describe job queues",
        "remove pools",
    ),
)
def pool_sweep() -> None:
    """Sweep: remove computers' pools that nobody has used for days."""
    pools.sweep()
