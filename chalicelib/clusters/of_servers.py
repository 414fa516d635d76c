"""Clusters of servers: none outlives its server.

A server that is asked to stop waits until its clusters have saved results. One that ended by itself
leaves clusters that nobody can save from; ECS's event of its end stops them, or the minute's sweep.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from chalicelib.clusters import lifecycle
from chalicelib.clusters.models import Cluster
from chalicelib.clusters.states import SAVES, ClusterEnd, ClusterState
from chalicelib.core import clock
from chalicelib.core.entry_points import AskAgain
from chalicelib.core.sweeps import each, readable
from chalicelib.notebooks import service as notebooks

SAVING_SECONDS = 40
"""How long a server waits for its clusters: longer than `stop_cluster` waits for results (30 s)."""


class StillSaving(AskAgain):
    """A cluster's results are being saved; the state machine asks again."""


def stop_before(notebook_id: str, server_id: str) -> None:
    """Stop the clusters of a server that will stop. Raises `StillSaving` until that may go on."""
    clusters = list(_live_of(notebook_id, server_id))
    failed = each("a cluster of a server was not stopped", clusters, _stop)
    saving = [cluster.id for cluster in clusters if _is_saving(lifecycle.read(cluster.id))]
    if saving or failed:
        raise StillSaving(", ".join(saving))


def _stop(cluster: Cluster) -> None:
    lifecycle.ask_to_stop(cluster, ClusterEnd.NOTEBOOK_STOPPED, "Its notebook was stopped.")


def _is_saving(cluster: Cluster) -> bool:
    """Whether its scheduler may save results still; see `jobs.drain_cluster`."""
    is_due = cluster.state == ClusterState.STOPPING and cluster.stop_reason in SAVES
    began_lately = clock.now() - cluster.state_since < timedelta(seconds=SAVING_SECONDS)
    waits = cluster.saved_results is None and cluster.started_at is not None
    return is_due and waits and began_lately


def stop_after(notebook_id: str, server_id: str) -> None:
    """Stop the clusters of a server that has ended."""
    each("a cluster of a lost server was not stopped", _live_of(notebook_id, server_id), _stop_lost)


def stop_orphans(clusters: Iterable[Cluster]) -> None:
    """Stop those of these clusters whose servers have ended."""
    wanted = [cluster for cluster in clusters if lifecycle.is_wanted(cluster)]
    ended = notebooks.ended_servers({cluster.server_id for cluster in wanted})
    orphans = [cluster for cluster in wanted if cluster.server_id in ended]
    each("a cluster of a lost server was not stopped", orphans, _stop_lost)


def _stop_lost(cluster: Cluster) -> None:
    lifecycle.ask_to_stop(cluster, ClusterEnd.NOTEBOOK_LOST, "Its notebook ended.")


def _live_of(notebook_id: str, server_id: str) -> Iterator[Cluster]:
    of_server = (Cluster.server_id == server_id) & Cluster.live.exists()
    rows = Cluster.by_notebook.query(notebook_id, filter_condition=of_server)
    return readable("clusters of a server were not all listed", rows)
