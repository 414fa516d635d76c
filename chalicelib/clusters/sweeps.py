"""What is looked after each minute: every live cluster, its jobs, and jobs that nobody wants."""

from collections.abc import Iterable
from datetime import timedelta

from chalicelib.billing import service as billing
from chalicelib.clusters import (
    attempts,
    batch,
    crew,
    environments,
    lifecycle,
    of_servers,
    pools,
    rules,
    state_machines,
)
from chalicelib.clusters import spending as of_clusters
from chalicelib.clusters.models import Cluster, Pool, Worker
from chalicelib.clusters.states import ClusterEnd, ClusterState, ProblemCode, Purchase, WorkerEnd
from chalicelib.core import clock, hearing
from chalicelib.core.errors import NotFound
from chalicelib.core.observability import log, surviving
from chalicelib.core.sweeps import Sweep, each
from chalicelib.metering import service as metering

_LOOK_AFTER = Sweep("cluster_sweep", seconds=120)
_STRAYS = Sweep("stray_jobs", seconds=60)
_VERDICTS = Sweep("cluster_verdicts", seconds=60)
_BUDGETS = Sweep("cluster_budgets", seconds=90)

_AGAIN_AFTER = timedelta(seconds=90)
"""A start or stop that has not come further by then is begun once more."""
_NO_CAPACITY_AFTER = timedelta(seconds=120)
"""A worker that has waited for a computer for so long waits for want of one."""
_STRAY_AFTER = timedelta(minutes=2)
"""A job this old must be a live worker's; a younger one may be on its way into the records."""


def look_after_all() -> None:
    """Sweep: see that every live cluster is as it shall be."""
    live = list(lifecycle.live())
    of_servers.stop_orphans(live)
    heard = hearing.now(_voices(live))
    _LOOK_AFTER.over(
        live,
        "a cluster was not looked after",
        lambda found: look_after(lifecycle.read(found.id), heard),
    )


def _voices(live: Iterable[Cluster]) -> dict[str, bool]:
    """Accounts with wanted clusters, by whether any of their agents reported within its lease."""
    voices: dict[str, bool] = {}
    for cluster in live:
        if lifecycle.is_wanted(cluster):
            is_heard = (cluster.lease_expires_at or 0) > clock.seconds()
            voices[cluster.account_id] = voices.get(cluster.account_id, False) or is_heard
    return voices


def look_after(cluster: Cluster, heard: hearing.Hearing) -> None:
    """Bring one cluster's records up to date, stop it if it must, else see that it goes on."""
    workers = crew.live_of(cluster.id)
    jobs = crew.follow(workers)
    if workers:
        cluster.refresh(consistent_read=True)
    if cluster.state == ClusterState.STOPPING:
        _push_stop(cluster)
        return
    order = rules.due(cluster, heard) if lifecycle.is_wanted(cluster) else None
    if order is not None:
        lifecycle.ask_to_stop(cluster, order.reason, order.message, order.only_if)
        return
    workers = _those_who_stay(cluster, heard) if workers else []
    _look_at_waiting(cluster, [w for w in workers if w.id in jobs and jobs[w.id].is_waiting])
    _push_start(cluster, workers)
    if workers:
        trim(cluster, workers)


def _those_who_stay(cluster: Cluster, heard: hearing.Hearing) -> list[Worker]:
    """The workers that are wanted; those that don't join are ended."""
    wanted = [worker for worker in crew.live_of(cluster.id) if worker.leaving is None]
    late = [w for w in wanted if rules.has_not_joined(w, attempts.newest(w), heard)]
    for worker in late:
        log.warning("a worker did not join its cluster", worker_id=worker.id)
        crew.give_up(worker)
    return [worker for worker in wanted if worker not in late]


def _push_stop(cluster: Cluster) -> None:
    if clock.now() - cluster.state_since > _AGAIN_AFTER:
        state_machines.begin_stop(cluster.id, f"again-{clock.seconds()}")


def _push_start(cluster: Cluster, workers: Iterable[Worker]) -> None:
    """Begin a start again that was cut off; one that waits for a place goes on by itself."""
    now = clock.now()
    if cluster.waiting_since is not None and now - cluster.waiting_since < timedelta(
        seconds=lifecycle.PLACE_SECONDS
    ):
        return
    late = [w for w in workers if w.job_id is None and _is_late(w)]
    if late or (cluster.unmade and now - cluster.created_at > _AGAIN_AFTER):
        state_machines.begin_start(cluster.id, f"again-{clock.seconds() // 60}")


def _is_late(worker: Worker) -> bool:
    return clock.now() - (worker.submitted_at or worker.requested_at) > _AGAIN_AFTER


def trim(cluster: Cluster, workers: Iterable[Worker]) -> None:
    """Retire workers beyond the wanted ones: first those that have not started, then the newest."""
    cluster.refresh(consistent_read=True)
    excess = cluster.members - cluster.wanted
    if excess <= 0:
        return
    by_use = sorted(workers, key=lambda w: (bool(w.joined.attribute_values), w.id))
    idle = [w for w in by_use if not w.started.attribute_values]
    newest = [w for w in reversed(by_use) if w.started.attribute_values]
    for worker in [*reversed(idle), *newest][:excess]:
        crew.leave(worker, WorkerEnd.RETIRED, "It was no longer needed.")


def _look_at_waiting(cluster: Cluster, waiting: list[Worker]) -> None:
    """Tell why workers wait for computers; where there is another way to have them, take it."""
    before = clock.now() - _NO_CAPACITY_AFTER
    late = [w for w in waiting if (crew.waiting_since(w) or clock.now()) < before]
    if not late:
        lifecycle.clear_problem(cluster, ProblemCode.NO_CAPACITY, ProblemCode.VCPU_LIMIT)
        return
    if cluster.purchase == Purchase.SPOT_WITH_FALLBACK and late[0].kind == "spot":
        _fall_back(cluster, late)
        return
    environment = environments.environment(crew.queue_of(late[0]))
    if environment is not None and "vcpu" in environment.reason.lower():
        lifecycle.set_problem(
            cluster.id, ProblemCode.VCPU_LIMIT,
            "AWS does not give us more processors of this kind just now. We have been told; the "
            "workers start by themselves.",
        )  # fmt: skip
        log.error("a vCPU quota of AWS is used up", reason=environment.reason)
        return
    lifecycle.set_problem(cluster.id, ProblemCode.NO_CAPACITY, _no_capacity(cluster, len(late)))


def _no_capacity(cluster: Cluster, count: int) -> str:
    many = "A worker waits" if count == 1 else f"{count} workers wait"
    other = (
        "" if cluster.purchase == Purchase.ON_DEMAND
        else " With “spot_with_fallback” others would take their place."
    )  # fmt: skip
    return (
        f"{many} for a computer: none of this size is free just now. Waiting costs nothing.{other}"
    )


def _fall_back(cluster: Cluster, late: list[Worker]) -> None:
    log.info("spare computers are not to be had", cluster_id=cluster.id, workers=len(late))
    for worker in late:
        crew.leave(
            worker, WorkerEnd.MOVED, "No spare computer was to be had; another took its place.",
            replaced=True,
        )  # fmt: skip
    state_machines.begin_start(cluster.id, f"fallback-{clock.seconds()}")


def stop_strays() -> None:
    """Sweep: stop jobs that no live worker stands for."""
    _STRAYS.over(pools.every(), "a queue was not looked through", _stop_strays_of)


def _stop_strays_of(pool: Pool) -> None:
    jobs = batch.active(environments.name(pool.account_id, pool.kind))
    each("a stray job was not stopped", jobs, _stop_if_stray)


def _stop_if_stray(job: batch.Job) -> None:
    young = job.created_at is None or clock.now() - job.created_at < _STRAY_AFTER
    if young or _is_somebodys(job):
        return
    log.warning("stopping a job without a live worker", job_id=job.id, worker_id=job.name)
    batch.terminate(job.id, "no live worker")


def _is_somebodys(job: batch.Job) -> bool:
    try:
        worker = crew.read(job.name)
    except NotFound:
        return False
    return worker.ended_at is None and crew.adopt(worker, job.id)


def meter() -> None:
    """Sweep: record what runs, and stop what may not go on: budget, limit, plan, unpaid invoice."""
    # Before the look at Batch: what it says runs then has run until this second.
    seen_at = clock.seconds()
    clusters = {cluster.id: cluster for cluster in lifecycle.live()}
    metering.record_use(metering.Kind.CLUSTER, _running(clusters).__contains__, seen_at)
    if not hearing.may_stop_for_money():
        log.error("the service is deaf: no cluster is stopped for money, it could not save")
        return
    _VERDICTS.over(billing.verdicts(metering.Kind.CLUSTER), "a cluster was not stopped", _carry_out)
    _BUDGETS.over(clusters.values(), "a budget was not looked at", of_clusters.keep_budget)


def _carry_out(verdict: billing.Verdict) -> None:
    worker_id, _, _ = verdict.use_id.partition(".")
    cluster = lifecycle.read(crew.read(worker_id).cluster_id)
    lifecycle.ask_to_stop(cluster, ClusterEnd(verdict.cause), verdict.message)


def _running(cluster_ids: Iterable[str]) -> set[str]:
    """The uses whose attempts Batch says are running; opened, if nobody has yet."""
    workers = [worker for id_ in cluster_ids for worker in crew.readable_of(id_)]
    jobs = batch.describe(worker.job_id for worker in workers if worker.job_id)
    running = set()
    for worker in workers:
        job = jobs.get(worker.job_id or "")
        if job is None or job.running_attempt is None:
            continue
        running.add(attempts.use_id(worker, job.running_attempt))
        if job.running_attempt > attempts.newest(worker):
            with surviving("a worker's start was not recorded", worker_id=worker.id):
                crew.observe(worker, job)
    return running
