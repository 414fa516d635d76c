"""`ramon.Cluster` as a `concurrent.futures.Executor`, with a real scheduler and real workers.

The checks are in `inside/executor_habits.py`. What differs from the standard library's executors:
`map` takes the size of its chunks itself unless told, and a future that runs may be cancelled.
"""

from __future__ import annotations

import pytest

from tests.unit.client.conftest import Checks

NAMES = (
    "it_is_an_executor",
    "calls_are_made_each_time_they_are_asked_for",
    "futures_of_dask_become_their_results",
    "futures_fail_are_cancelled_and_are_waited_for_as_any",
    "map_yields_results_in_order",
    "map_fails_at_the_item_that_failed",
    "map_has_a_deadline_and_cancels_the_rest",
    "many_small_calls_become_few_tasks",
    "what_cannot_be_sent_is_named",
    "a_package_that_workers_lack_is_named",
    "what_workers_lack_is_told_with_the_real_reason",
    "a_changed_package_is_warned_of_once_and_synced",
    "each_edit_that_this_kernel_has_not_imported_is_warned_of_once",
    "a_module_of_the_workspace_that_workers_lack_is_not_looked_for_on_an_index",
    "joblib_runs_on_it",
    "progress_counts_calls_of_this_kernel",
    "a_with_block_waits_for_its_futures",
    "shutdown_ends_it_too",
    "a_name_that_is_taken_says_how_to_connect",
    "the_rest_of_the_service_answers",
)


@pytest.fixture(scope="module")
def said(checks: Checks) -> dict[str, str]:
    """What each check said."""
    return checks("executor_habits")


@pytest.mark.parametrize("name", NAMES)
def test_a_cluster_does_what_users_of_executors_expect(said: dict[str, str], name: str) -> None:
    assert not said[name], said[name]


def test_no_check_is_left_out(said: dict[str, str]) -> None:
    assert set(said) == set(NAMES)
