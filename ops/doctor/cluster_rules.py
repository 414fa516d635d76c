"""The rules of agreement of clusters: with servers, workers, jobs, names, processors and pools."""

from collections import Counter
from collections.abc import Callable, Iterator

from ops.doctor.finding import Finding
from ops.doctor.world import Cluster, World

SWEEP_SECONDS = 120
"""How long an expired lease may wait for the sweep: it runs every minute."""


def _jobs(world: World) -> Iterator[Finding]:
    batch = world.batch
    charged = {use.worker_id for use in batch.open_uses.values()}
    for job in batch.jobs.values():
        worker = batch.live_worker(job.worker_id)
        if worker is None:
            message = f"is {job.status} for {job.worker_id}, which is no live worker"
            yield Finding("job_without_live_worker", job.id, message)
        elif worker.job_id not in (None, job.id):
            message = f"is {job.status} for {worker.id}, whose job is {worker.job_id}"
            yield Finding("job_not_of_its_worker", job.id, message)
        elif job.status == "RUNNING" and worker.id not in charged:
            message = f"is RUNNING for {worker.id}, and nobody is charged for it"
            yield Finding("running_job_without_open_use", job.id, message)


def _workers(world: World) -> Iterator[Finding]:
    batch = world.batch
    for worker in batch.workers.values():
        if not worker.is_live:
            continue
        if batch.live_cluster(worker.cluster_id) is None:
            message = f"is live, but {worker.cluster_id} is no live cluster"
            yield Finding("live_worker_without_cluster", worker.id, message)
        if worker.job_id is not None and worker.job_id not in batch.jobs:
            message = f"is live, but its job is over ({worker.job_id})"
            yield Finding("live_worker_without_job", worker.id, message)


def _clusters(world: World) -> Iterator[Finding]:
    for cluster in world.batch.clusters.values():
        if cluster.is_live:
            yield from _live_cluster(cluster, world)
        elif cluster.is_in_sweeps:
            yield Finding("ended_cluster_in_sweeps", cluster.id, "has ended, and sweeps find it")


def _live_cluster(cluster: Cluster, world: World) -> Iterator[Finding]:
    batch = world.batch
    if not cluster.is_in_sweeps:
        message = "is live, and no sweep will find it"
        yield Finding("live_cluster_not_in_sweeps", cluster.id, message)
    if batch.names.get(f"{cluster.notebook_id}/{cluster.name}") != cluster.id:
        yield Finding("live_cluster_without_name", cluster.id, f"does not hold {cluster.name}")
    if cluster.state == "stopping":
        return
    if world.live_server(cluster.server_id) is None:
        message = f"is {cluster.state}, but {cluster.server_id} is no live server"
        yield Finding("live_cluster_without_server", cluster.id, message)
    staying = sum(
        worker.is_live and not worker.is_leaving and worker.cluster_id == cluster.id
        for worker in batch.workers.values()
    )
    if staying != cluster.members:
        message = f"counts {cluster.members} workers, and has {staying}"
        yield Finding("cluster_miscounts", cluster.id, message)
    expired = world.now - (cluster.lease_expires_at or 0)
    if expired > SWEEP_SECONDS:
        message = f"is {cluster.state}, but its lease expired {expired} s ago"
        yield Finding("expired_cluster_lease", cluster.id, message)


def _leftovers(world: World) -> Iterator[Finding]:
    batch = world.batch
    for key, cluster_id in batch.names.items():
        if batch.live_cluster(cluster_id) is None:
            message = f"is held by {cluster_id}, which is no live cluster"
            yield Finding("name_without_live_cluster", key, message)
    for cluster_id in batch.keys:
        if batch.live_cluster(cluster_id) is None:
            yield Finding("keys_without_live_cluster", cluster_id, "has ended, its keys are there")
    for use in batch.open_uses.values():
        if batch.live_worker(use.worker_id) is None:
            message = f"goes on, but {use.worker_id} is no live worker"
            yield Finding("open_use_without_live_worker", use.id, message)


def _processors(world: World) -> Iterator[Finding]:
    wanted = Counter[str]()
    for cluster in world.batch.clusters.values():
        if cluster.is_live:
            wanted[cluster.account_id] += cluster.vcpus
    for account_id in sorted({*wanted, *world.batch.vcpus}):
        taken = world.batch.vcpus.get(account_id, 0)
        if taken != wanted[account_id]:
            message = f"has taken {taken} vCPUs, its clusters want {wanted[account_id]}"
            yield Finding("processors_differ", account_id, message)


def _pools(world: World) -> Iterator[Finding]:
    batch = world.batch
    for pool in batch.pools.values():
        if pool.state == "ready" and pool.name not in batch.environments & batch.queues:
            message = f"is ready, but {pool.name} lacks its environment or queue"
            yield Finding("pool_without_environment", pool.id, message)
    known = {pool.name for pool in batch.pools.values()}
    for name in sorted((batch.environments | batch.queues) - known):
        yield Finding("environment_without_pool", name, "belongs to no pool")


RULES: tuple[Callable[[World], Iterator[Finding]], ...] = (
    _jobs,
    _workers,
    _clusters,
    _leftovers,
    _processors,
    _pools,
)
