"""Finding clusters, and what they have: workers and logs, for those whose they are."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from chalicelib.clusters import lifecycle, logs
from chalicelib.clusters.models import Cluster, Worker
from chalicelib.clusters.schemas import LogPage
from chalicelib.core import clock, db, ids, names, pages
from chalicelib.core.errors import NotFound

_ENDED_FOR = timedelta(days=1)
"""How long a notebook's ended clusters are still told of."""


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
