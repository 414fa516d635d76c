"""A test that can't fail proves nothing: each fence of stored bytes is taken out, and one fails.

`tests/unit/notebooks/test_fences.py` does so for sweeps of servers, the `bugs.py` of billing and of
clusters for money and workers, `tests/functional/test_access.py` for routes.
"""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest

from chalicelib.core import aws
from chalicelib.storage import counter, offers, s3, sweeping
from chalicelib.storage import service as storage
from chalicelib.storage.counter import Change
from chalicelib.workspaces import history, manifests
from chalicelib.workspaces.schemas import Manifest
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


def _count_in_history(
    patch: pytest.MonkeyPatch, change: Callable[..., Change], count_in: Callable[..., None]
) -> None:
    instead = SimpleNamespace(stored=storage.stored, Change=change, count_in=count_in)
    patch.setattr(history, "storage", instead)


def what_a_purge_drops_stays_counted(patch: pytest.MonkeyPatch) -> None:
    """Rows go, and the counter is not told."""
    _count_in_history(patch, Change, lambda *_: None)


def what_a_purge_drops_is_no_longer_counted(patch: pytest.MonkeyPatch) -> None:
    """Bytes are counted down with the rows, though S3 has them until the sweep."""

    def change(*, held: int = 0, history: int = 0, **_: int) -> Change:
        return Change(held=held, history=history)

    _count_in_history(patch, change, counter.add_in)


def manifests_are_not_offered(patch: pytest.MonkeyPatch) -> None:
    """What a refused save wrote is counted nowhere."""
    patch.setattr(
        storage,
        "bring_document",
        lambda _, key, content, **__: s3.write_once("blobs", key, content),
    )


def what_no_root_names_is_no_rest(patch: pytest.MonkeyPatch) -> None:
    """A sweep counts contents alone."""
    patch.setattr(manifests, "Needed", lambda held, in_use, _: storage.Needed(held, in_use))


def manifests_are_written_again(patch: pytest.MonkeyPatch) -> None:
    """Each save of the same files leaves a hidden version."""

    def write(bucket: str, key: str, content: bytes, **_: str) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=content)

    patch.setattr(s3, "write_once", write)


def whoever_else_wrote_it_is_not_asked(patch: pytest.MonkeyPatch) -> None:
    """Two accounts' lists without contents are one document, which either's sweep deletes."""
    patch.setattr(manifests, "Manifest", lambda version, files, _, again: Manifest(version, files))


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
    (
        what_a_purge_drops_stays_counted,
        test_workspaces.test_links_are_counted_with_the_list_of_files_that_has_them,
    ),
    (
        what_a_purge_drops_is_no_longer_counted,
        test_workspaces.test_links_are_counted_with_the_list_of_files_that_has_them,
    ),
    (
        manifests_are_not_offered,
        test_workspaces.test_the_manifests_of_refused_saves_are_counted_and_bounded,
    ),
    (
        what_no_root_names_is_no_rest,
        test_workspaces.test_the_manifests_of_refused_saves_are_counted_and_bounded,
    ),
    (
        manifests_are_written_again,
        test_workspaces.test_a_save_that_makes_the_same_list_again_stores_it_once,
    ),
    (
        whoever_else_wrote_it_is_not_asked,
        test_workspaces.test_another_accounts_sweep_keeps_the_same_list_of_files,
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
