"""Every move of a cluster between states, each in one transaction.

A transaction writes the cluster, its name, its keys and the account's slots together, so no two of
them can disagree. Each move is conditional on what it starts from: asked twice, it happens once.
What workers do is in `crew.py`.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from chalicelib.clusters import state_machines
from chalicelib.clusters.models import Cluster, ClusterKeys, ClusterName, ClusterSlots, Worker
from chalicelib.clusters.states import (
    FAILURES,
    LIVE,
    WANTED,
    ClusterEnd,
    ClusterState,
    PoolKind,
    ProblemCode,
    Purchase,
)
from chalicelib.core import clock, db, ids
from chalicelib.core.errors import Conflict
from chalicelib.core.shards import Shards
from chalicelib.core.sweeps import readable

LIVE_SHARDS = Shards(4)
"""Parts that the sweeps' index is spread over, so that no one part is written too often."""
FIRST_LEASE = 180
"""Seconds until an agent must first report on its cluster."""
LEASE_SECONDS = 180
"""How long a cluster is believed to be wanted after its agent's report, which comes every 10 s.

Longer than an outage that the canary can miss (`hearing.GAP_SECONDS`)."""
JOIN_SECONDS = 600
"""How long workers may take from being submitted until the first one has joined.

And each of them from Batch's start, in every state of its cluster: installing many large packages
takes minutes, and what has not joined by then will not.
"""
PLACE_SECONDS = 900
"""How long a cluster may wait until there is a place for its account's computers."""
MADE_AT_ONCE = 50
"""Workers made by one transaction; DynamoDB takes 100 items."""


def read(cluster_id: str) -> Cluster:
    """One cluster, as it is now. Raises `NotFound`."""
    return db.read(Cluster, cluster_id, "cluster")


def live() -> Iterator[Cluster]:
    """Every live cluster, but for rows that can't be read: those are logged as errors."""
    for shard in LIVE_SHARDS:
        rows = Cluster.by_live.query(shard)
        yield from list(readable("live clusters were not all listed", rows))


def accounts_with_clusters() -> set[str]:
    """The accounts that have live clusters, those with rows that can't be read among them."""
    return {
        cluster.account_id
        for shard in LIVE_SHARDS
        for cluster in Cluster.by_live.query(shard, attributes_to_get=["account_id"])
    }


def name_key(cluster: Cluster) -> str:
    """The key of a cluster's name."""
    return f"{cluster.notebook_id}/{cluster.name}"


def kind_of(cluster: Cluster) -> PoolKind:
    """The kind of computers that its next workers get."""
    if cluster.gpu:
        return PoolKind.GPU
    is_spot = cluster.purchase != Purchase.ON_DEMAND and not cluster.fell_back
    return PoolKind.SPOT if is_spot else PoolKind.ON_DEMAND


def is_wanted(cluster: Cluster) -> bool:
    """Whether it may have workers."""
    return cluster.state in WANTED


@db.when_contended
def admit(cluster: Cluster, keys: ClusterKeys, vcpus_at_once: int) -> None:
    """Make the record of a new cluster, and take its name and its processors.

    Raises `Conflict`: `name_taken`, `too_many_vcpus`.
    """
    vcpus = cluster.wanted * cluster.vcpu
    name = ClusterName(name_key(cluster), cluster_id=cluster.id)
    try:
        with db.transaction() as write:
            write.save("cluster", cluster, condition=Cluster.id.does_not_exist())
            write.save("name", name, condition=ClusterName.key.does_not_exist())
            write.save("keys", keys)
            _take_slots(write, cluster.account_id, vcpus, vcpus_at_once)
    except db.Refused as refused:
        if "name" in refused.failed:
            raise Conflict(
                f"This notebook has a cluster “{cluster.name}” already. Take another name, or "
                "close that one.",
                code="name_taken",
            ) from refused
        raise too_many(vcpus_at_once) from refused


def _take_slots(write: db.Writes, account_id: str, vcpus: int, at_once: int) -> None:
    has_room = ClusterSlots.vcpus <= at_once - vcpus
    if vcpus <= at_once:
        has_room |= ClusterSlots.vcpus.does_not_exist()
    write.update(
        "slots",
        ClusterSlots(account_id),
        [ClusterSlots.vcpus.add(vcpus)],
        condition=has_room if vcpus > 0 else None,
    )


def too_many(vcpus_at_once: int) -> Conflict:
    """The error of one who wants more processors than the plan has."""
    return Conflict(
        f"Your plan has {vcpus_at_once} vCPUs at once for all clusters together, and this would "
        "take more. Take fewer or smaller workers, close another cluster, or choose a larger plan.",
        code="too_many_vcpus",
        vcpus_at_once=vcpus_at_once,
    )


@db.when_contended
def scale(cluster: Cluster, workers: int, vcpus_at_once: int) -> None:
    """Want so many workers. Those that are too many are still to be retired then.

    Raises `Conflict`: `ending`, `too_many_vcpus`.
    """
    cluster.refresh(consistent_read=True)
    if not is_wanted(cluster):
        raise ending(cluster)
    unmade = max(0, workers - cluster.members)
    actions: list[db.Action] = [Cluster.wanted.set(workers), Cluster.unmade.set(unmade)]
    if unmade and cluster.started_at is None:
        actions.append(Cluster.join_by.set(clock.seconds() + PLACE_SECONDS + JOIN_SECONDS))
    added = (workers - cluster.wanted) * cluster.vcpu
    try:
        with db.transaction() as write:
            write.update("cluster", cluster, actions, condition=is_as_read(cluster))
            if added:
                _take_slots(write, cluster.account_id, added, vcpus_at_once)
    except db.Refused as refused:
        if "slots" in refused.failed:
            raise too_many(vcpus_at_once) from refused
        raise db.Contended from refused


def ending(cluster: Cluster) -> Conflict:
    """The error of one who wants something of a cluster that has ended, or is about to."""
    why = f" {cluster.stop_message}" if cluster.stop_message else ""
    return Conflict(
        f"This cluster has stopped.{why} Make another one.", code="ending", state=cluster.state
    )


def is_as_read(cluster: Cluster) -> db.Condition:
    """That a wanted cluster has the workers that it had when it was read."""
    condition: db.Condition = (
        Cluster.state.is_in(*WANTED)
        & (Cluster.wanted == cluster.wanted)
        & (Cluster.members == cluster.members)
        & (Cluster.unmade == cluster.unmade)
    )
    return condition


@db.when_contended
def make_workers(cluster: Cluster) -> bool:
    """Make records of workers that are wanted and not there, some at a time. False if none were."""
    cluster.refresh(consistent_read=True)
    count = min(cluster.unmade, MADE_AT_ONCE)
    if not count or not is_wanted(cluster):
        return False
    now = clock.now()
    try:
        with db.transaction() as write:
            for _ in range(count):
                write.save("worker", _new_worker(cluster, now))
            write.update(
                "cluster",
                cluster,
                [
                    Cluster.members.set(cluster.members + count),
                    Cluster.unmade.set(cluster.unmade - count),
                    Cluster.join_by.set(clock.seconds() + JOIN_SECONDS),
                ],
                condition=is_as_read(cluster),
            )
    except db.Refused as refused:
        raise db.Contended from refused
    return True


def _new_worker(cluster: Cluster, now: datetime) -> Worker:
    return Worker(
        ids.new_id("wk"),
        cluster_id=cluster.id,
        account_id=cluster.account_id,
        kind=kind_of(cluster),
        requested_at=now,
        live_cluster_id=cluster.id,
    )


def first_joined(cluster_id: str, at: datetime) -> None:
    """`starting → running`: the cluster can be used."""
    db.update_if(
        Cluster(cluster_id),
        Cluster.state == ClusterState.STARTING,
        [
            Cluster.state.set(ClusterState.RUNNING),
            Cluster.state_since.set(at),
            Cluster.started_at.set(at),
            Cluster.last_active_at.set(at),
        ],
    )


def ask_to_stop(
    cluster: Cluster, reason: ClusterEnd, message: str, only_if: db.Condition | None = None
) -> bool:
    """`starting | running → stopping`: no worker is made any more, and the stop begins.

    `only_if` is one more condition on the cluster. False when it was on its way out already, or
    the condition did not hold. Asked again, it begins the stop that the first may not have come to.
    """
    wanted: db.Condition = Cluster.state.is_in(*WANTED)
    asked = db.update_if(
        cluster,
        wanted if only_if is None else wanted & only_if,
        [
            Cluster.state.set(ClusterState.STOPPING),
            Cluster.state_since.set(clock.now()),
            Cluster.stop_reason.set(reason),
            Cluster.stop_message.set(message),
            Cluster.unmade.set(0),
        ],
    )
    if asked or read(cluster.id).state == ClusterState.STOPPING:
        state_machines.begin_stop(cluster.id, "stop")
    return asked


@db.when_contended
def closed(cluster: Cluster, spent: Decimal) -> None:
    """`stopping → stopped | failed`: nothing of it is left. Asked twice, does nothing more."""
    now = clock.now()
    failed = cluster.stop_reason in FAILURES and cluster.started_at is None
    state = ClusterState.FAILED if failed else ClusterState.STOPPED
    try:
        with db.transaction() as write:
            write.delete(
                "name",
                ClusterName(name_key(cluster)),
                condition=ClusterName.cluster_id == cluster.id,
            )
            write.delete("keys", ClusterKeys(cluster.id))
            write.update(
                "cluster",
                cluster,
                [
                    Cluster.state.set(state),
                    Cluster.state_since.set(now),
                    Cluster.stopped_at.set(now),
                    Cluster.spent.set(spent),
                    Cluster.live.remove(),
                    Cluster.live_account_id.remove(),
                    Cluster.lease_expires_at.remove(),
                    Cluster.drain_token.remove(),
                    Cluster.clients.remove(),
                ],
                condition=(Cluster.state == ClusterState.STOPPING)
                & (Cluster.wanted == cluster.wanted),
            )
            write.update(
                "slots",
                ClusterSlots(cluster.account_id),
                [ClusterSlots.vcpus.add(-cluster.wanted * cluster.vcpu)],
            )
    except db.Refused:
        cluster.refresh(consistent_read=True)
        if cluster.state in LIVE:
            raise


def set_problem(cluster_id: str, code: ProblemCode, message: str) -> None:
    """Show what keeps a cluster from being as wanted, unless it has ended."""
    _change(
        cluster_id, [Cluster.problem_code.set(code), Cluster.problem_message.set(message[:2000])]
    )


def clear_problem(cluster: Cluster, *codes: ProblemCode) -> None:
    """Show none of these problems any more."""
    if cluster.problem_code in codes:
        _change(cluster.id, [Cluster.problem_code.remove(), Cluster.problem_message.remove()])


def _change(cluster_id: str, actions: list[db.Action]) -> None:
    db.update_if(Cluster(cluster_id), Cluster.state.is_in(*LIVE), actions)
