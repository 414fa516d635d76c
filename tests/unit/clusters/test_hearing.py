"""The service's own deafness ends no cluster; one that truly falls silent is stopped."""

import pytest

from chalicelib.clusters import jobs, lifecycle
from chalicelib.clusters.models import Cluster
from chalicelib.clusters.states import ClusterState
from chalicelib.core import hearing
from chalicelib.notebooks import agent
from tests.unit.clusters.of_notebooks import cluster_of, cluster_state, install, report_cluster
from tests.unit.notebooks.world import World


@pytest.fixture
def batch(world: World) -> None:
    install(world)


@pytest.mark.usefixtures("batch")
def test_ten_minutes_of_deafness_end_no_cluster(world: World) -> None:
    cluster = cluster_of(world.running())

    for _ in range(10):
        world.passes(minutes=1, is_heard=False)
        jobs.cluster_sweep()
    assert cluster_state(cluster) == ClusterState.RUNNING

    world.passes(minutes=1)
    jobs.cluster_sweep()
    report_cluster(cluster)
    world.passes(minutes=2)
    jobs.cluster_sweep()
    assert cluster_state(cluster) == ClusterState.RUNNING


@pytest.mark.usefixtures("batch")
def test_the_one_cluster_is_stopped_once_it_is_silent_and_the_canary_is_not(world: World) -> None:
    cluster = cluster_of(world.running())
    world.passes(seconds=lifecycle.LEASE_SECONDS + 60)

    jobs.cluster_sweep()

    found = Cluster.get(cluster)
    assert (found.state, found.stop_reason) == (ClusterState.STOPPING, "lease_expired")


def test_leases_outlast_an_outage_that_the_canary_cannot_see() -> None:
    longest_between_reports = agent.HEARTBEAT_SECONDS + 20
    for lease in (lifecycle.LEASE_SECONDS, lifecycle.FIRST_LEASE):
        assert lease > hearing.GAP_SECONDS + longest_between_reports
