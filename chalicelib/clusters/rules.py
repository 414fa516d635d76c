"""The rules of stopping: when a live cluster has to end, and what its owner is told.

What rests on reports holds only as far as reports arrive: silence counts while the service hears
others (`core/hearing.py`), and idle or without a client is what has reported so after its time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.clusters.lifecycle import JOIN_SECONDS, LEASE_SECONDS
from chalicelib.clusters.models import Cluster, Worker
from chalicelib.clusters.states import ClusterEnd, ClusterState
from chalicelib.core import clock, db, words
from chalicelib.core.hearing import Hearing

NO_CLIENT_SECONDS = 120
"""How long a cluster that isn't detached is kept without anybody connected to it."""


@dataclass(frozen=True, slots=True)
class Order:
    """That a cluster has to stop, and on which condition: what was read must still hold."""

    reason: ClusterEnd
    message: str
    only_if: db.Condition


def due(cluster: Cluster, heard: Hearing) -> Order | None:
    """Why a cluster has to stop now, if it has to."""
    now = clock.seconds()
    if heard.is_silent(cluster.account_id, cluster.lease_expires_at, LEASE_SECONDS):
        return Order(
            ClusterEnd.LEASE_EXPIRED,
            f"Its notebook has not answered for {LEASE_SECONDS} seconds.",
            Cluster.lease_expires_at <= now,
        )
    if _starts_too_long(cluster, now) and heard.has_heard_for(JOIN_SECONDS):
        return Order(
            ClusterEnd.FAILED_START,
            _why_not_started(cluster),
            Cluster.state == ClusterState.STARTING,
        )
    if _has_no_client(cluster, now):
        return Order(
            ClusterEnd.NO_CLIENT,
            f"Nobody was connected for {NO_CLIENT_SECONDS // 60} minutes. Finished results are "
            "kept; with detached=True it would have gone on.",
            Cluster.unclaimed_since <= now - NO_CLIENT_SECONDS,
        )
    return _idle(cluster)


def has_not_joined(worker: Worker, attempt: int, heard: Hearing) -> bool:
    """Whether this attempt of a worker has run for so long unjoined that it has to end.

    In every state of its cluster, and only if the service would have heard of it.
    """
    number = str(attempt)
    started = worker.started.attribute_values.get(number)
    if started is None or number in worker.stopped.attribute_values:
        return False
    is_late = clock.now() - clock.moment_of_millis(started) >= timedelta(seconds=JOIN_SECONDS)
    is_unheard_of = number not in worker.joined.attribute_values
    return is_late and is_unheard_of and heard.has_heard_for(JOIN_SECONDS)


def _starts_too_long(cluster: Cluster, now: int) -> bool:
    is_late = cluster.join_by is not None and cluster.join_by <= now
    return cluster.state == ClusterState.STARTING and is_late


def _why_not_started(cluster: Cluster) -> str:
    why = f" {cluster.problem_message}" if cluster.problem_message else ""
    return (
        f"No worker was ready in time.{why} Waiting for a computer costs nothing; what workers ran "
        "is charged. Try again."
    )


def _has_no_client(cluster: Cluster, now: int) -> bool:
    if cluster.detached or cluster.unclaimed_since is None:
        return False
    until = cluster.unclaimed_since + NO_CLIENT_SECONDS
    return until <= now and _has_reported_since(cluster, clock.moment(until))


def _has_reported_since(cluster: Cluster, moment: datetime) -> bool:
    return cluster.reported_at is not None and cluster.reported_at >= moment


def _idle(cluster: Cluster) -> Order | None:
    since = cluster.last_active_at
    if cluster.state != ClusterState.RUNNING or since is None:
        return None
    length = timedelta(minutes=cluster.idle_minutes)
    before = clock.now() - length
    if since > before or not _has_reported_since(cluster, since + length):
        return None
    return Order(
        ClusterEnd.IDLE,
        f"Nothing was computed for {words.minutes(cluster.idle_minutes)}. "
        "Finished results are kept.",
        Cluster.last_active_at <= before,
    )
