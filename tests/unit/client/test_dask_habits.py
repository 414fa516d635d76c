"""Dask's conformance: what its tests ask of every cluster class, with a real scheduler.

Dask's shared `distributed.deploy.utils_test.ClusterTest` was dissolved into its tests of
`LocalCluster` in 2022 (dask/distributed#6523), and no release since contains those; so what they
check is checked here, by the checks in `inside/dask_habits.py`. All of it holds, but for:

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

import pytest

from tests.unit.client.conftest import Checks

NAMES = (
    "it_is_one_of_dasks_clusters",
    "clusters_are_equal_by_name",
    "it_has_the_cores_that_were_asked_for",
    "a_client_submits",
    "its_own_client_is_always_the_same",
    "it_waits_for_workers_or_says_how_many_came",
    "it_has_logs_of_all_parts",
    "it_scales_by_number_cores_and_memory",
    "what_was_computed_survives_a_smaller_cluster",
    "it_adapts_to_the_work_and_back",
    "a_cluster_without_workers_starts_and_ends_by_a_with_block",
    "an_asynchronous_one_is_awaited",
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
