"""Dask's conformance: what its tests ask of every cluster class, with a real scheduler.

Dask's shared `distributed.deploy.utils_test.ClusterTest` was dissolved into its tests of
`LocalCluster` in 2022 (dask/distributed#6523). It is taken as it was in the last release that
has it, and run with Dask of today, by `inside/dask_conformance.py`. What `LocalCluster` is held
to beyond that is checked in our own words by `inside/dask_habits.py`. All of it holds, but for:

- `Cluster(2, scheduler_port=0)`: there is no such argument. The agent chooses the port, because
  workers reach it from other machines.
- `Client(cluster.scheduler_address)`: needs `security=cluster.security`, as with any cluster that
  speaks TLS; ours speaks nothing else.
- `adapt()` has no infinite maximum: each worker costs money, so it is the number that is wanted
  now unless said.
- `wait_for_workers()` may be called without a number, and waits for all.
- `scale` returns when the service has agreed, so that it can raise; Dask's return at once.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.client.conftest import FOLDER, Checks

SHARED = ("test_cores", "test_submit", "test_context_manager", "test_no_workers")
"""Dask's shared tests."""

NAMES = (
    "it_is_one_of_dasks_clusters",
    "clusters_are_equal_by_name",
    "it_has_the_cores_that_were_asked_for",
    "a_client_submits",
    "its_own_client_is_always_the_same",
    "it_waits_for_workers_or_says_how_many_came",
    "what_tasks_print_is_in_the_logs_while_they_run",
    "it_has_logs_of_all_parts",
    "it_scales_by_number_cores_and_memory",
    "what_was_computed_survives_a_smaller_cluster",
    "it_adapts_to_the_work_and_back",
    "a_cluster_without_workers_starts_and_ends_by_a_with_block",
    "an_asynchronous_one_is_awaited",
    "a_map_that_was_left_is_cancelled_before_its_asynchronous_cluster_is_left",
)


@pytest.fixture(scope="module")
def said(checks: Checks) -> dict[str, str]:
    """What each check said."""
    return checks("dask_habits")


@pytest.mark.parametrize("name", NAMES)
def test_a_cluster_does_what_dask_expects(said: dict[str, str], name: str) -> None:
    assert not said[name], said[name]


def test_no_check_is_left_out(said: dict[str, str]) -> None:
    assert set(said) == set(NAMES)


@pytest.fixture(scope="module")
def shared(checks: Checks, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each of Dask's shared tests said."""
    folder = tmp_path_factory.mktemp("dask")
    uv = Path(sys.executable).with_name("uv")
    pins = FOLDER / "conformance.txt"
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes",
         "--target", folder, "--requirements", pins],
        check=True,
    )  # fmt: skip
    file = folder / "distributed" / "deploy" / "utils_test.py"
    return checks("dask_conformance", str(file), str(Path(pytest.__file__).parents[1]))


@pytest.mark.parametrize("name", SHARED)
def test_a_cluster_passes_dasks_shared_tests(shared: dict[str, str], name: str) -> None:
    assert not shared[name], shared[name]


def test_none_of_dasks_shared_tests_is_left_out(shared: dict[str, str]) -> None:
    assert set(shared) == {*SHARED, "none_is_left_out"}
    assert not shared["none_is_left_out"], shared["none_is_left_out"]
