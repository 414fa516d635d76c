"""The doctor finds everything of a cluster that nobody stands for, and nothing else."""

from dataclasses import replace

import pytest

from ops.doctor.rules import examine
from ops.doctor.world import (
    Batch,
    Cluster,
    Job,
    Notebook,
    OpenUse,
    Pool,
    Route,
    Server,
    Slots,
    Task,
    Worker,
    World,
)

NOW = 1_800_000_000
POOL = "ramon-dev-acc_1-on_demand"


@pytest.fixture
def world() -> World:
    """One running notebook with a cluster of two workers, of which one waits."""
    batch = Batch(
        clusters={
            "cl_1": Cluster("cl_1", "acc_1", "nb_1", "srv_1", "sim", "running", True, 2, 4, NOW)
        },
        workers={
            "wk_1": Worker("wk_1", "cl_1", "job-1", False, True),
            "wk_2": Worker("wk_2", "cl_1", "job-2", False, True),
            "wk_0": Worker("wk_0", "cl_1", "job-0", True, False),
        },
        jobs={
            "job-1": Job("job-1", "wk_1", "RUNNING"),
            "job-2": Job("job-2", "wk_2", "RUNNABLE"),
        },
        pools={"acc_1/on_demand": Pool("acc_1/on_demand", POOL, "ready")},
        open_uses={"wk_1.1": OpenUse("wk_1.1")},
        names={"nb_1/sim": "cl_1"},
        keys={"cl_1": "cl_1"},
        vcpus={"acc_1": 4},
        environments=frozenset({POOL}),
        queues=frozenset({POOL}),
    )
    address = "10.64.64.1"
    return World(
        NOW,
        tasks={"t": Task("t", "ramon-dev-notebook", "srv_1", "RUNNING", "RUNNING", address)},
        servers={"srv_1": Server("srv_1", "nb_1", "acc_1", "running", "t", True, NOW)},
        notebooks={"nb_1": Notebook("nb_1", "acc_1", "running", "srv_1", False)},
        routes={"nb-1": Route("nb-1", "nb_1", "running", f"http://{address}:8888", "srv_1")},
        slots={"acc_1": Slots("acc_1", frozenset({"srv_1"}))},
        batch=batch,
    )


def _found(world: World) -> set[tuple[str, str]]:
    return {(finding.rule, finding.subject) for finding in examine(world)}


def _cluster(world: World, **changes: object) -> None:
    world.batch.clusters["cl_1"] = replace(world.batch.clusters["cl_1"], **changes)  # type: ignore[arg-type]  # by name


def test_nothing_is_found_where_everything_agrees(world: World) -> None:
    assert examine(world) == []


def test_a_job_that_nobody_wants_is_found(world: World) -> None:
    world.batch.jobs["job-0"] = Job("job-0", "wk_0", "RUNNING")
    world.batch.jobs["job-9"] = Job("job-9", "strange", "RUNNABLE")

    assert _found(world) == {
        ("job_without_live_worker", "job-0"),
        ("job_without_live_worker", "job-9"),
    }


def test_a_second_job_of_one_worker_is_found(world: World) -> None:
    world.batch.jobs["twin"] = Job("twin", "wk_1", "RUNNING")

    assert _found(world) == {("job_not_of_its_worker", "twin")}


def test_a_live_worker_without_its_job_is_found(world: World) -> None:
    del world.batch.jobs["job-1"]

    assert _found(world) == {("live_worker_without_job", "wk_1")}


def test_a_worker_that_outlives_its_cluster_is_found_and_so_is_all_that_is_left(
    world: World,
) -> None:
    _cluster(world, state="stopped", is_in_sweeps=False)

    assert _found(world) == {
        ("live_worker_without_cluster", "wk_1"),
        ("live_worker_without_cluster", "wk_2"),
        ("name_without_live_cluster", "nb_1/sim"),
        ("keys_without_live_cluster", "cl_1"),
        ("processors_differ", "acc_1"),
    }


def test_a_run_that_goes_on_after_its_worker_is_found(world: World) -> None:
    world.batch.open_uses["wk_0.1"] = OpenUse("wk_0.1")

    assert _found(world) == {("open_use_without_live_worker", "wk_0.1")}


def test_a_cluster_that_outlives_its_server_is_found(world: World) -> None:
    _cluster(world, server_id="srv_0")

    assert _found(world) == {("live_cluster_without_server", "cl_1")}


def test_a_cluster_that_is_stopping_need_not_have_a_server(world: World) -> None:
    _cluster(world, server_id="srv_0", state="stopping")

    assert examine(world) == []


def test_a_cluster_that_no_sweep_finds_or_whose_name_is_free_is_found(world: World) -> None:
    _cluster(world, is_in_sweeps=False)
    del world.batch.names["nb_1/sim"]

    assert _found(world) == {
        ("live_cluster_not_in_sweeps", "cl_1"),
        ("live_cluster_without_name", "cl_1"),
    }


def test_an_ended_cluster_that_sweeps_still_find_is_found(world: World) -> None:
    ended = replace(world.batch.clusters["cl_1"], id="cl_0", state="stopped")
    world.batch.clusters["cl_0"] = ended

    assert _found(world) == {("ended_cluster_in_sweeps", "cl_0")}


def test_miscounted_workers_and_processors_are_found(world: World) -> None:
    _cluster(world, members=3, vcpus=6)

    assert _found(world) == {("cluster_miscounts", "cl_1"), ("processors_differ", "acc_1")}


def test_a_lease_that_expired_long_ago_is_found(world: World) -> None:
    _cluster(world, lease_expires_at=NOW - 121)

    assert _found(world) == {("expired_cluster_lease", "cl_1")}


def test_pools_and_what_there_is_of_them_in_aws_are_held_together(world: World) -> None:
    batch = replace(world.batch, queues=frozenset(), environments=frozenset({POOL, "ramon-dev-x"}))

    assert _found(replace(world, batch=batch)) == {
        ("pool_without_environment", "acc_1/on_demand"),
        ("environment_without_pool", "ramon-dev-x"),
    }


def test_a_worker_that_computes_and_is_not_charged_is_found(world: World) -> None:
    world.batch.open_uses.clear()

    assert _found(world) == {("running_job_without_open_use", "job-1")}
