"""A call never runs modules older than those that are there when it is made.

The checks are in `inside/current_code.py`, with a real scheduler and real workers.
"""

from __future__ import annotations

import pytest

from tests.unit.client.conftest import Checks

NAMES = (
    "each_edit_arrives_however_often_and_by_whatever_way_it_is_called",
    "data_that_a_package_reads_when_it_is_imported_is_new_too",
    "a_module_that_is_found_elsewhere_now_is_the_one_that_runs",
    "a_module_that_became_a_package_or_a_package_a_module_is_new",
    "helpers_that_only_workers_import_are_new_too",
    "an_edit_of_equal_size_and_time_arrives",
    "a_future_that_is_still_held_is_not_taken_for_the_new_call",
    "a_mended_function_is_called_again_although_its_error_is_held",
    "a_map_that_runs_while_its_module_is_edited_is_of_one_version",
    "what_modules_import_of_each_other_is_new_too",
    "a_module_that_was_deleted_or_renamed_is_gone",
    "a_worker_that_joins_later_has_it_too",
    "scattered_objects_of_a_new_class_arrive",
    "a_script_in_the_folder_of_work_is_new_too",
    "packages_behind_links_travel_and_loops_end",
    "a_file_named_like_a_module_of_pythons_does_not_shadow_it",
    "names_that_are_not_utf8_are_left_out_and_harm_nothing",
    "modules_that_are_too_large_are_refused_with_a_sentence",
)


@pytest.fixture(scope="module")
def said(checks: Checks) -> dict[str, str]:
    """What each check said."""
    return checks("current_code")


@pytest.mark.parametrize("name", NAMES)
def test_workers_run_the_code_that_is_there(said: dict[str, str], name: str) -> None:
    assert not said[name], said[name]


def test_no_check_is_left_out(said: dict[str, str]) -> None:
    assert set(said) == set(NAMES)
