"""A test that can't fail proves nothing: each fence of stored bytes is taken out, and one fails.

`tests/unit/notebooks/test_fences.py` does so for sweeps of servers, the `bugs.py` of billing and of
clusters for money and workers, `tests/functional/test_access.py` for routes.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.storage import counter, offers, sweeping
from chalicelib.workspaces import manifests
from tests.lost_answers import Wire
from tests.unit.notebooks import bugs
from tests.unit.notebooks.world import World
from tests.unit.storage import test_sweep
from tests.unit.upkeep import test_contents
from tests.unit.workspaces import test_lost_answers as test_workspaces

Bug = Callable[[pytest.MonkeyPatch], None]


def what_was_just_claimed_is_swept(patch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for until a root can name it."""
    patch.setattr(sweeping, "GRACE", timedelta(0))


def only_ones_own_roots_count(patch: pytest.MonkeyPatch) -> None:
    """What another account's root names is given up with the owner's own."""
    patch.setattr(manifests, "_is_held", lambda _: False)


def a_dropped_manifest_goes_at_once(patch: pytest.MonkeyPatch) -> None:
    """Nobody has an hour to name it again."""
    patch.setattr(manifests, "GRACE", -timedelta(minutes=1))


def what_is_on_its_way_has_no_bound(patch: pytest.MonkeyPatch) -> None:
    """Every offer is made."""
    patch.setattr(offers, "fitting", lambda wanted, _: list(wanted))


def a_missing_manifest_names_nothing(patch: pytest.MonkeyPatch) -> None:
    """What can't be read is taken for empty."""
    note = vars(manifests)["_note"]
    patch.setattr(manifests, "_note", lambda owner, name, _, noted: note(owner, name, False, noted))


def the_rest_is_never_counted_again(patch: pytest.MonkeyPatch) -> None:
    """Deleted bytes stay on the bill."""
    patch.setattr(counter, "correct_rest", lambda *_: True)


FENCES: list[tuple[Bug, Callable[[Wire], None]]] = [
    (
        bugs.without_conditions,
        test_sweep.test_contents_that_are_named_again_at_the_very_moment_of_their_deletion_stay,
    ),
    (
        what_was_just_claimed_is_swept,
        test_sweep.test_contents_that_were_just_claimed_stay_until_a_root_can_name_them,
    ),
    (
        only_ones_own_roots_count,
        test_workspaces.test_a_duplicate_keeps_its_files_when_the_notebook_that_it_is_of_is_gone,
    ),
    (
        a_dropped_manifest_goes_at_once,
        test_workspaces.test_a_manifest_that_no_snapshot_names_goes_with_the_second_sweep_and_no_other,
    ),
    (
        what_is_on_its_way_has_no_bound,
        test_sweep.test_no_more_is_on_its_way_than_the_quota_allows_whoever_asks_how_often,
    ),
]
"""Of contents and manifests."""

OF_UPKEEP: list[tuple[Bug, Callable[[World], None]]] = [
    (
        the_rest_is_never_counted_again,
        test_contents.test_the_contents_of_an_accounts_last_notebook_go_with_it,
    ),
    (
        a_missing_manifest_names_nothing,
        test_contents.test_what_cannot_be_read_of_one_account_costs_it_nothing_and_no_other_anything,
    ),
    (
        bugs.the_first_failure_ends_a_sweep,
        test_contents.test_what_cannot_be_read_of_one_account_costs_it_nothing_and_no_other_anything,
    ),
]
"""Of the sweep over all accounts."""


def _name(case: object) -> str:
    return getattr(case, "__name__", "")


@pytest.mark.parametrize(("bug", "check"), FENCES, ids=_name)
def test_each_fence_of_contents_taken_out_is_noticed(
    bug: Bug, check: Callable[[Wire], None], wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)

    with pytest.raises((AssertionError, LookupError, ValueError)):
        check(wire)


@pytest.mark.parametrize(("bug", "check"), OF_UPKEEP, ids=_name)
def test_each_fence_of_the_sweep_taken_out_is_noticed(
    bug: Bug, check: Callable[[World], None], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)

    with pytest.raises((AssertionError, LookupError, ValueError)):
        check(world)
