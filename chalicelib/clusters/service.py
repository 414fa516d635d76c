"""The rules of clusters: making, scaling, stopping.

What is reported is in `reports.py`, what is read in `finding.py`. A cluster belongs to one server
of one notebook, and does not outlive it.
"""

from decimal import Decimal

from chalicelib.accounts import service as accounts
from chalicelib.billing import service as billing
from chalicelib.clusters import crew, lifecycle, spending, state_machines, sweeps
from chalicelib.clusters.agent_schemas import CreateCluster, Environment
from chalicelib.clusters.finding import (
    every_worker,
    listing,
    log_of,
    of_notebook,
    read,
    recent,
    workers,
)
from chalicelib.clusters.models import Cluster, ClusterKeys
from chalicelib.clusters.reports import note_saved, report
from chalicelib.clusters.states import ClusterEnd, ClusterState, ProblemCode, Purchase, WorkerEnd
from chalicelib.clusters.views import cluster as view
from chalicelib.clusters.views import clusters as views
from chalicelib.core import clock, db, ids, names
from chalicelib.core.errors import Invalid
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
    lifecycle.clear_problem(cluster, ProblemCode.ENVIRONMENT)
    return lifecycle.read(cluster.id)


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


def stop(cluster: Cluster) -> Cluster:
    """Stop a cluster; asked again, changes nothing."""
    lifecycle.ask_to_stop(cluster, ClusterEnd.USER, "You stopped it.")
    return lifecycle.read(cluster.id)


def close(cluster: Cluster, lost: str | None = None) -> Cluster:
    """Close a cluster whose work is done, or whose scheduler is `lost`, which says what to do.

    Asked again, changes nothing.
    """
    reason = ClusterEnd.SCHEDULER_LOST if lost else ClusterEnd.CLOSED
    lifecycle.ask_to_stop(cluster, reason, lost or "It was closed.")
    return lifecycle.read(cluster.id)
