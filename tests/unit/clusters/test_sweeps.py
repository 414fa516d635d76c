"""The minute's sweep of clusters: one bad row holds no other back; none outlives its notebook."""

import pytest

from chalicelib.clusters import jobs, lifecycle, of_servers, service
from chalicelib.clusters.models import Cluster
from chalicelib.clusters.states import ClusterEnd, ClusterState
from chalicelib.core.errors import Conflict
from chalicelib.notebooks import jobs as notebook_jobs
from chalicelib.notebooks.lifecycle import ask_to_stop, read_server
from chalicelib.notebooks.models import Server
from chalicelib.notebooks.states import ServerEnd, ServerState
from tests.fakes import event_of
from tests.unit.clusters.of_notebooks import cluster_of, cluster_state, install
from tests.unit.notebooks.test_sweeps import YEAR_ZERO, store
from tests.unit.notebooks.world import NOON, World


@pytest.fixture(autouse=True)
def batch(world: World) -> None:
    install(world)


def test_a_cluster_that_cannot_be_read_keeps_no_other_from_being_looked_after(
    world: World,
) -> None:
    clusters = [cluster_of(world.running()) for _ in range(4)]
    store("clusters", {"id": clusters[1]}, "last_active_at", YEAR_ZERO)
    world.passes(minutes=40)

    jobs.cluster_sweep()
    jobs.meter_clusters()

    others = [each for each in clusters if each != clusters[1]]
    assert [cluster_state(each) for each in others] == ["stopping"] * 3


def computing(server: Server) -> str:
    """A cluster that has had a worker, so that there may be results."""
    cluster = cluster_of(server)
    Cluster(cluster).update([Cluster.started_at.set(NOON)])
    return cluster


def stop_step(server_id: str) -> None:
    """The first step of `stop_notebook`."""
    server = read_server(server_id)
    jobs.stop_clusters({"notebook_id": server.notebook_id, "server_id": server.id})


def test_a_server_that_stops_waits_until_its_clusters_results_are_saved(world: World) -> None:
    server = world.running()
    saving, idle = computing(server), computing(world.running())
    ask_to_stop(server, ServerEnd.USER, "You stopped it.")

    with pytest.raises(of_servers.StillSaving):
        stop_step(server.id)
    service.note_saved(lifecycle.read(saving), 3, 100)
    stop_step(server.id)

    assert cluster_state(saving) == ClusterState.STOPPING
    assert lifecycle.read(saving).stop_reason == ClusterEnd.NOTEBOOK_STOPPED
    assert cluster_state(idle) == ClusterState.RUNNING


def test_a_scheduler_that_never_says_that_it_saved_keeps_no_server_for_long(world: World) -> None:
    server = world.running()
    computing(server)
    ask_to_stop(server, ServerEnd.USER, "You stopped it.")
    with pytest.raises(of_servers.StillSaving):
        stop_step(server.id)

    world.passes(seconds=of_servers.SAVING_SECONDS)

    stop_step(server.id)


def test_a_notebook_that_stops_starts_no_cluster(world: World) -> None:
    server = world.running()
    ask_to_stop(server, ServerEnd.USER, "You stopped it.")

    with pytest.raises(Conflict, match="being stopped"):
        cluster_of(read_server(server.id))


def test_ecss_event_of_a_lost_task_stops_its_clusters_at_once(world: World) -> None:
    server = world.running()
    lost, other = cluster_of(server), cluster_of(world.running())
    world.ecs.die(f"arn:task/{server.id}", 137)

    jobs.on_notebook_task_stopped(event_of(world.ecs.tasks[f"arn:task/{server.id}"]))

    found = lifecycle.read(lost)
    assert (found.state, found.stop_reason) == (ClusterState.STOPPING, ClusterEnd.NOTEBOOK_LOST)
    assert cluster_state(other) == ClusterState.RUNNING


@pytest.mark.parametrize("task", ["running", "of another service", "unknown"])
def test_all_other_events_of_ecs_change_nothing(world: World, task: str) -> None:
    server = world.running()
    cluster = cluster_of(server)
    event = event_of(world.ecs.tasks[f"arn:task/{server.id}"])
    if task != "running":
        other = "ecs-svc/1" if task == "of another service" else f"srv_{'1' * 26}"
        event |= {"lastStatus": "STOPPED", "startedBy": other}

    jobs.on_notebook_task_stopped(event)

    assert cluster_state(cluster) == ClusterState.RUNNING


def test_the_sweep_stops_clusters_whose_server_ended_without_an_event(world: World) -> None:
    server = world.running()
    lost, other = cluster_of(server), cluster_of(world.running())
    world.ecs.die(f"arn:task/{server.id}", 137)
    notebook_jobs.reconcile()
    assert read_server(server.id).state == ServerState.ENDED

    jobs.cluster_sweep()

    assert lifecycle.read(lost).stop_reason == ClusterEnd.NOTEBOOK_LOST
    assert cluster_state(other) == ClusterState.RUNNING


@pytest.mark.parametrize(
    ("table", "key", "attribute"),
    [
        ("sweep_places", {"name": "cluster_sweep"}, "subject"),
        ("sweep_places", {"name": "cluster_budgets"}, "subject"),
        ("hearing", {"id": "api"}, "until"),
    ],
)
def test_a_bad_row_of_the_sweeps_own_stops_none_of_them(
    world: World, table: str, key: dict[str, str], attribute: str
) -> None:
    cluster = cluster_of(world.running())
    world.passes(minutes=40)
    store(table, key, attribute, 1.5)

    jobs.cluster_sweep()
    jobs.meter_clusters()

    assert cluster_state(cluster) == ("running" if table == "hearing" else "stopping")


def test_a_cluster_that_cannot_be_read_keeps_no_other_of_its_notebook_from_saving(
    world: World,
) -> None:
    server = world.running()
    bad, good = cluster_of(server, "bad"), cluster_of(server, "good")
    store("clusters", {"id": bad}, "last_active_at", YEAR_ZERO)
    ask_to_stop(server, ServerEnd.USER, "You stopped it.")

    stop_step(server.id)

    assert cluster_state(good) == ClusterState.STOPPING
