"""A test that can't fail proves nothing: each fence is taken out, and a test of it fails."""

from collections.abc import Callable
from functools import partial

import pytest

from chalicelib.core.errors import RamonError
from chalicelib.notebooks import jobs
from chalicelib.notebooks.states import ServerState
from tests.unit.notebooks import bugs, test_hearing, test_purges, test_sweeps, test_uses
from tests.unit.notebooks.world import World, worlds

Check = Callable[[World], None]


def _purges(_: World) -> None:
    test_purges.test_at_whatever_request_it_happens_a_notebook_is_whole_or_gone(
        test_purges.a_restore_meets_a_purge
    )


_bad_row: Check = partial(
    test_sweeps.test_a_row_that_cannot_be_read_stops_no_sweep,
    happens=test_sweeps.all_tasks_are_over,
    sweep=jobs.reconcile,
    then=ServerState.ENDED,
)

FENCES: list[tuple[bugs.Bug, Check]] = [
    (bugs.without_conditions, _purges),
    (
        bugs.the_first_failure_ends_a_sweep,
        test_sweeps.test_a_refused_start_of_a_state_machine_stops_no_sweep,
    ),
    (bugs.a_bad_row_ends_a_listing, _bad_row),
    (
        bugs.unknown_is_over,
        test_sweeps.test_a_running_task_that_ecs_does_not_know_yet_is_not_over,
    ),
    (
        bugs.silence_counts_while_the_service_is_deaf,
        test_hearing.test_a_deployment_that_has_not_heard_anybody_yet_ends_nothing,
    ),
    (
        bugs.leases_are_not_extended_after_an_outage,
        test_hearing.test_after_an_outage_the_silent_one_is_stopped_a_lease_later,
    ),
    (
        bugs.nobody_is_waited_for,
        test_hearing.test_when_most_are_silent_all_are_waited_for_but_not_for_ever,
    ),
    (
        bugs.everybody_is_waited_for_for_ever,
        test_hearing.test_when_most_are_silent_all_are_waited_for_but_not_for_ever,
    ),
    (
        bugs.many_servers_have_many_voices,
        test_hearing.test_one_account_with_many_silent_servers_keeps_nobodys_lease_alive,
    ),
    (
        bugs.what_was_idle_once_is_idle,
        test_hearing.test_what_is_busy_when_the_reports_stop_is_not_taken_for_idle,
    ),
    (bugs.nobody_asks_ecs, test_hearing.test_the_reaper_asks_ecs_first),
    (
        bugs.a_use_begins_when_the_agent_is_ready,
        test_uses.test_being_ready_late_does_not_make_it_cheaper,
    ),
    (
        bugs.every_failed_start_is_free,
        test_uses.test_an_agent_that_never_says_that_it_is_ready_pays_from_ecs_start_on,
    ),
    (bugs.what_is_free_has_no_bound, test_uses.test_failed_starts_are_free_up_to_a_bound_a_day),
]


@pytest.mark.parametrize(("bug", "check"), FENCES, ids=lambda it: getattr(it, "__name__", ""))
def test_each_fence_taken_out_is_noticed(
    bug: bugs.Bug, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)

    with (
        worlds() as world,
        pytest.raises((AssertionError, ConnectionError, ValueError, LookupError, RamonError)),
    ):
        check(world)
