"""Clusters of the notebooks of a world."""

from chalicelib.clusters import lifecycle, service
from chalicelib.clusters.agent_schemas import ClusterReport, CreateCluster, Environment, Scheduler
from chalicelib.notebooks.callers import place_of
from chalicelib.notebooks.models import Server
from tests.unit.clusters.fake_batch import FakeBatch, FakeMachines
from tests.unit.notebooks.world import World


def install(world: World) -> None:
    """Put a Batch and state machines of clusters in place."""
    FakeBatch(lambda: int(world.now.timestamp())).install(world.patch)
    FakeMachines().install(world.patch)


def cluster_of(server: Server, name: str = "sim") -> str:
    """A cluster whose scheduler has just reported."""
    at = Scheduler("tls://10.64.64.1:8700", "ca", "certificate", "key")
    wanted = CreateCluster(name, 0, 1, 2, at, Environment("3.11"), idle_minutes=5)
    cluster = service.create(place_of(server), wanted)
    report_cluster(cluster.id)
    return cluster.id


def report_cluster(cluster_id: str) -> None:
    """Its agent reports."""
    told = ClusterReport([], clients=1, active=True)
    service.report(lifecycle.read(cluster_id), told)


def cluster_state(cluster_id: str) -> str:
    return lifecycle.read(cluster_id).state
