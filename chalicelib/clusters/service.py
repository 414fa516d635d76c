"""The rules of clusters: making, scaling, reporting, stopping, reading.

A cluster belongs to one server of one notebook, and does not outlive it.
"""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.billing import service as billing
from chalicelib.clusters import (
    attempts,
    crew,
    lifecycle,
    logs,
    replacing,
    spending,
    state_machines,
    sweeps,
)
from chalicelib.clusters.models import Cluster, ClusterKeys, Worker
from chalicelib.clusters.schemas import (
    ClusterReport,
    CreateCluster,
    Environment,
    LogPage,
    ReportAnswer,
    Stop,
)
from chalicelib.clusters.states import (
    LIVE,
    SAVES,
    ClusterState,
    Purchase,
    Reason,
    WorkerEnd,
    WorkerState,
)
from chalicelib.clusters.views import cluster as view
from chalicelib.clusters.views import clusters as views
from chalicelib.core import clock, db, ids, names, pages
from chalicelib.core.errors import Invalid, NotFound
from chalicelib.notebooks.callers import Place
from chalicelib.plans import catalogue
from chalicelib.storage import service as storage
from chalicelib.storage.schemas import BlobRef

__all__ = [
    "close",
    "create",
    "every_worker",
    "listing",
    "log_of",
    "note_saved",
    "of_notebook",
    "read",
    "recent",
    "report",
    "scale",
    "set_environment",
    "stop",
    "view",
    "views",
    "workers",
]

_ENDED_FOR = timedelta(days=1)
_PAUSED = "paused"
"""The problem of workers that stand still. Dask pauses one at 80 % of its memory
(`distributed.worker.memory.pause`)."""
"""How long a notebook's ended clusters are still told of."""


def create(place: Place, wanted: CreateCluster) -> Cluster:
    """Start a cluster. Its price is known at once, its workers come by themselves.

    Raises `Conflict` (`plan_cluster`, `payment_required`, `limit_reached`, `too_many_vcpus`,
    `name_taken`, `blob_missing`) and `Invalid` (`budget_too_small`).
    """
    _require_purchase(wanted)
    units = spending.dearest_units(wanted)
    budget = None if wanted.budget_usd is None else Decimal(wanted.budget_usd)
    spending.require_budget(budget, wanted.workers, catalogue.price_of_hour(units))
    plan = billing.admit_cluster(place.account_id, units, wanted.workers)
    _claim(place.account_id, wanted.environment)
    cluster = _new(place, wanted, budget)
    at = wanted.scheduler
    keys = ClusterKeys(
        cluster.id, address=at.address, ca=at.ca, certificate=at.certificate, key=at.key
    )
    lifecycle.admit(cluster, keys, plan.cluster_vcpus_at_once)
    if wanted.workers:
        state_machines.begin_start(cluster.id, "start")
    return cluster


def _require_purchase(wanted: CreateCluster) -> None:
    if wanted.gpu and Purchase(wanted.purchase) is not Purchase.ON_DEMAND:
        raise Invalid(
            "Graphics processors can't be had as spare computers. Take “on_demand” ones.",
            field="purchase",
        )


def _claim(account_id: str, environment: Environment) -> None:
    blobs = [blob for blob in (environment.lock, environment.modules) if blob is not None]
    if blobs:
        storage.claim(account_id, blobs)


def _new(place: Place, wanted: CreateCluster, budget: Decimal | None) -> Cluster:
    now, at = clock.now(), clock.seconds()
    cluster_id = ids.new_id("cl")
    # Without workers there is nothing to wait for.
    state = ClusterState.STARTING if wanted.workers else ClusterState.RUNNING
    path = wanted.dashboard_path
    return Cluster(
        cluster_id,
        account_id=place.account_id,
        notebook_id=place.notebook_id,
        notebook_name=place.notebook_name,
        server_id=place.server_id,
        name=_name(wanted.name),
        vcpu=wanted.vcpu,
        memory_gib=wanted.memory_gib,
        gpu=wanted.gpu,
        purchase=wanted.purchase,
        budget=budget,
        idle_minutes=wanted.idle_minutes,
        detached=wanted.detached,
        dashboard_url=None if path is None else f"{place.origin}{path}",
        python=wanted.environment.python,
        lock_sha256=_sha256(wanted.environment.lock),
        modules_sha256=_sha256(wanted.environment.modules),
        state=state,
        state_since=now,
        created_at=now,
        wanted=wanted.workers,
        unmade=wanted.workers,
        join_by=at + lifecycle.PLACE_SECONDS + lifecycle.JOIN_SECONDS,
        lease_expires_at=at + lifecycle.FIRST_LEASE,
        last_active_at=now,
        live=lifecycle.LIVE_SHARDS.of(cluster_id),
        live_account_id=place.account_id,
    )


def _name(text: str) -> str:
    """A cluster's name; it stands in addresses and names the file of saved results."""
    name = names.clean(text)
    if {"/", "\\"} & set(name) or not name.strip("."):
        raise Invalid(
            "A cluster's name can't hold slashes, or dots alone. Choose another one.",
            code="bad_name",
            field="name",
        )
    return name


def _sha256(blob: BlobRef | None) -> str | None:
    return None if blob is None else blob.sha256


def set_environment(cluster: Cluster, environment: Environment) -> Cluster:
    """Give workers that start from now on another environment."""
    _claim(cluster.account_id, environment)
    lock, modules = _sha256(environment.lock), _sha256(environment.modules)
    db.update(
        cluster,
        [
            Cluster.python.set(environment.python),
            Cluster.lock_sha256.set(lock) if lock else Cluster.lock_sha256.remove(),
            Cluster.modules_sha256.set(modules) if modules else Cluster.modules_sha256.remove(),
        ],
    )
    lifecycle.clear_problem(cluster, "environment")
    return lifecycle.read(cluster.id)


def read(account_id: str, cluster_id: str) -> Cluster:
    """One cluster of this account. Raises `NotFound` for anybody else's."""
    cluster = _find(cluster_id)
    if cluster is None or cluster.account_id != account_id:
        raise _missing()
    return cluster


def of_notebook(notebook_id: str, cluster_id: str) -> Cluster:
    """One cluster of this notebook. Raises `NotFound` for any other's."""
    cluster = _find(cluster_id)
    if cluster is None or cluster.notebook_id != notebook_id:
        raise _missing()
    return cluster


def _find(cluster_id: str) -> Cluster | None:
    if not ids.is_id("cl", cluster_id):
        return None
    try:
        return lifecycle.read(cluster_id)
    except NotFound:
        return None


def _missing() -> NotFound:
    return NotFound("This cluster does not exist.")


def listing(
    account_id: str, *, notebook_id: str | None, is_live: bool, limit: int, cursor: str | None
) -> tuple[list[Cluster], str | None]:
    """A page of an account's clusters, newest first, and a cursor if there may be more."""
    index: Any = Cluster.by_live_account if is_live else Cluster.by_account
    of_notebook = None if notebook_id is None else Cluster.notebook_id == notebook_id
    return pages.page(
        index.query(
            account_id,
            filter_condition=of_notebook,
            scan_index_forward=False,
            limit=limit,
            last_evaluated_key=pages.decode_cursor(
                cursor, belongs_to=account_id, key="live_account_id" if is_live else "account_id"
            ),
        )
    )


def recent(notebook_id: str, name: str | None) -> list[Cluster]:
    """A notebook's clusters that live or ended within a day, newest first."""
    since = clock.now() - _ENDED_FOR
    condition: db.Condition = Cluster.live.exists() | (Cluster.stopped_at >= since)
    if name is not None:
        condition &= Cluster.name == names.composed(name)
    found = Cluster.by_notebook.query(
        notebook_id, filter_condition=condition, scan_index_forward=False
    )
    return list(found)


def workers(cluster: Cluster, *, limit: int, cursor: str | None) -> tuple[list[Worker], str | None]:
    """A page of a cluster's workers, newest first."""
    return pages.page(
        Worker.by_cluster.query(
            cluster.id,
            scan_index_forward=False,
            limit=limit,
            last_evaluated_key=pages.decode_cursor(cursor, belongs_to=cluster.id),
        )
    )


def every_worker(cluster: Cluster) -> Iterable[Worker]:
    """All workers that a cluster has ever had."""
    return Worker.by_cluster.query(cluster.id)


def log_of(cluster: Cluster, worker_id: str | None, cursor: str | None) -> LogPage:
    """The newest lines that a worker of this cluster wrote; without one, those of every worker."""
    if worker_id is None:
        return logs.of_all(cluster, cursor)
    return logs.of_worker(cluster, worker_id, cursor)


def scale(cluster: Cluster, count: int, retire: list[str]) -> Cluster:
    """Want so many workers; those of `retire` end first, if any has to."""
    more = max(0, count - cluster.members)
    if more:
        billing.admit_cluster(cluster.account_id, spending.dearest_units(cluster), more)
    plan = catalogue.plan(accounts.read(cluster.account_id).plan)
    lifecycle.scale(cluster, count, plan.cluster_vcpus_at_once)
    cluster.refresh(consistent_read=True)
    _retire(cluster, retire)
    cluster.refresh(consistent_read=True)
    if cluster.unmade:
        state_machines.begin_start(cluster.id, f"scale-{clock.millis()}")
    return lifecycle.read(cluster.id)


def _retire(cluster: Cluster, named: list[str]) -> None:
    excess = cluster.members - cluster.wanted
    if excess <= 0:
        return
    staying = [worker for worker in crew.live_of(cluster.id) if worker.leaving is None]
    for worker in [worker for worker in staying if worker.id in named][:excess]:
        crew.leave(worker, WorkerEnd.RETIRED, "It was no longer needed.")
    sweeps.trim(cluster, [worker for worker in staying if worker.leaving is None])


def report(cluster: Cluster, told: ClusterReport) -> ReportAnswer:
    """Note how a cluster is doing; this is what keeps it alive."""
    if cluster.state in LIVE:
        _note(cluster, told)
        running = _note_joined(cluster, set(told.joined))
        replacing.note_all_there(cluster, running)
        tasks = told.tasks
        replacing.replace_lost(cluster, tasks.waiting + tasks.processing if tasks else 0)
    stop = Stop(cluster.stop_reason, cluster.stop_message or "") if cluster.stop_reason else None
    wants_saving = cluster.state == ClusterState.STOPPING and cluster.stop_reason in SAVES
    return ReportAnswer(
        cluster.state, stop, wants_saving and cluster.saved_results is None, cluster.wanted
    )


def _note(cluster: Cluster, told: ClusterReport) -> None:
    now, at = clock.now(), clock.seconds()
    is_claimed = told.clients > 0
    unclaimed = (
        Cluster.unclaimed_since.remove()
        if is_claimed
        else Cluster.unclaimed_since.set(cluster.unclaimed_since or at)
    )
    tasks = told.tasks
    actions: list[db.Action] = [
        Cluster.reported_at.set(now),
        Cluster.lease_expires_at.set(at + lifecycle.LEASE_SECONDS),
        Cluster.clients.set(told.clients),
        unclaimed,
    ]
    if told.active:
        actions.append(Cluster.last_active_at.set(now))
    if tasks is not None:
        counts = {"waiting": tasks.waiting, "processing": tasks.processing}
        actions.append(Cluster.tasks.set({**counts, "memory": tasks.memory, "erred": tasks.erred}))
    if not db.update_if(cluster, Cluster.state.is_in(*LIVE), actions):
        cluster.refresh(consistent_read=True)
    _note_paused(cluster, told)


def _note_paused(cluster: Cluster, told: ClusterReport) -> None:
    """Show that workers stand still for want of memory; what else is wrong is shown first."""
    if not told.paused:
        lifecycle.clear_problem(cluster, _PAUSED)
    elif cluster.problem_code in (None, _PAUSED):
        message = _paused_message(told.paused, len(told.joined))
        if cluster.problem_message != message:
            lifecycle.set_problem(cluster.id, _PAUSED, message)


def _paused_message(paused: int, joined: int) -> str:
    many = "worker is" if joined == 1 else "workers are"
    return (
        f"{paused} of {joined} {many} paused: memory. No task begins there until less than 80 % of "
        "it is used. Delete results that you no longer need, give each task less, or start a "
        "cluster with more memory."
    )


def _note_joined(cluster: Cluster, joined: set[str]) -> int:
    """Record who has joined; how many of them run."""
    found = (
        [w for w in Worker.by_live_cluster.query(cluster.id) if w.id in joined] if joined else []
    )
    for worker in found:
        if crew.state_of(worker) != WorkerState.RUNNING:
            worker.refresh(consistent_read=True)
            attempts.joined(worker)
    running = sum(crew.state_of(worker) == WorkerState.RUNNING for worker in found)
    if cluster.state == ClusterState.STARTING:
        if running:
            lifecycle.first_joined(cluster.id, clock.now())
        cluster.refresh(consistent_read=True)
    return running


def note_saved(cluster: Cluster, results: int, size: int) -> None:
    """Finished results are saved: the stop goes on."""
    db.update(cluster, [Cluster.saved_results.set(results), Cluster.saved_bytes.set(size)])
    if cluster.drain_token is not None:
        state_machines.succeed(cluster.drain_token)


def stop(cluster: Cluster) -> Cluster:
    """Stop a cluster; asked again, changes nothing."""
    lifecycle.ask_to_stop(cluster, Reason.USER, "You stopped it.")
    return lifecycle.read(cluster.id)


def close(cluster: Cluster, lost: str | None = None) -> Cluster:
    """Close a cluster whose work is done, or whose scheduler is `lost`, which says what to do.

    Asked again, changes nothing.
    """
    reason = Reason.SCHEDULER_LOST if lost else Reason.CLOSED
    lifecycle.ask_to_stop(cluster, reason, lost or "It was closed.")
    return lifecycle.read(cluster.id)
