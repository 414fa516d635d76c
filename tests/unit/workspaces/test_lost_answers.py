"""A lost answer costs no file: whichever of a save's requests it hits, the save is done once."""

from datetime import timedelta

import pytest

from chalicelib.core import clock, db
from chalicelib.core.errors import Conflict
from chalicelib.storage import service as storage
from chalicelib.storage.models import Blob
from chalicelib.workspaces import service
from chalicelib.workspaces.models import Snapshot
from chalicelib.workspaces.schemas import Commit, Committed, Entry
from tests.endings import (
    Act,
    Story,
    ends_the_same_cut_off_and_run_again,
    ends_the_same_whichever_answer_is_lost,
)
from tests.lost_answers import Wire, without_recognition

ACCOUNT, NOTEBOOK, QUOTA = "acc_1", "nb_1", 1024**3


@pytest.fixture(autouse=True)
def few_snapshots_and_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "KEPT", 3)
    monkeypatch.setattr(service, "_manifest", vars(service)["_manifest"].__wrapped__)


def seeded() -> Committed:
    return service.seed(ACCOUNT, NOTEBOOK, {"a.txt": b"a"})


def saved(parent: str | None, path: str, content: bytes = b"new") -> Committed:
    blob = storage.put(ACCOUNT, content)
    entry = Entry(path, sha256=blob.sha256, size=blob.size)
    return service.commit(ACCOUNT, NOTEBOOK, QUOTA, Commit(parent, puts=[entry]))


def a_notebook_gets_its_first_files() -> Act:
    return seeded


def a_save() -> Act:
    parent = seeded().snapshot_id
    return lambda: saved(parent, "b.txt")


def a_save_that_drops_the_oldest_snapshot() -> Act:
    parent = seeded().snapshot_id
    for number in range(service.KEPT):
        parent = saved(parent, f"{number}.txt").snapshot_id
    return lambda: saved(parent, "last.txt")


def a_save_based_on_an_old_snapshot() -> Act:
    parent = seeded().snapshot_id
    saved(parent, "b.txt")

    def refused() -> object:
        with pytest.raises(Conflict) as conflict:
            saved(parent, "c.txt")
        return conflict.value.code

    return refused


def a_save_of_old_contents() -> Act:
    blob = storage.put(ACCOUNT, b"old")
    parent = seeded().snapshot_id
    Blob(ACCOUNT, blob.sha256).update([Blob.created_at.set(clock.now() - timedelta(days=3))])
    entry = Entry("old.txt", sha256=blob.sha256, size=blob.size)
    change = Commit(parent, puts=[entry])
    return lambda: service.commit(ACCOUNT, NOTEBOOK, QUOTA, change)


def a_duplicate() -> Act:
    seeded()
    return lambda: service.copy(NOTEBOOK, "nb_2")


def a_notebook_is_forgotten() -> Act:
    saved(seeded().snapshot_id, "b.txt")
    return lambda: service.forget(NOTEBOOK)


def orphans_are_swept() -> Act:
    parent = seeded().snapshot_id
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "put_new", lambda _: False)
        with pytest.raises(Conflict):
            saved(parent, "b.txt")
    later = clock.now() + timedelta(days=2)

    def swept() -> int:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "now", lambda: later)
            return service.sweep(NOTEBOOK)

    return swept


def contents_are_asked_for() -> Act:
    seeded()
    return lambda: sorted(service.contents(NOTEBOOK))


STORIES = (
    a_notebook_gets_its_first_files,
    a_save,
    a_save_that_drops_the_oldest_snapshot,
    a_save_based_on_an_old_snapshot,
    a_save_of_old_contents,
    a_duplicate,
    a_notebook_is_forgotten,
    orphans_are_swept,
    contents_are_asked_for,
)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_it_ends_the_same_whichever_answer_is_lost(wire: Wire, story: Story) -> None:
    ends_the_same_whichever_answer_is_lost(wire, story)


@pytest.mark.parametrize(
    "step",
    [
        a_notebook_is_forgotten,
        orphans_are_swept,
    ],
    ids=lambda step: step.__name__,
)
def test_what_is_cut_off_anywhere_and_run_again_ends_the_same(wire: Wire, step: Story) -> None:
    ends_the_same_cut_off_and_run_again(wire, step)


def test_files_can_be_saved_and_restored_after_a_save_whose_answer_was_lost(wire: Wire) -> None:
    first = seeded()
    wire.lose_next("PutItem ramon-local-snapshots")

    second = saved(first.snapshot_id, "b.txt")

    assert wire.lost == 1
    head = service.head(NOTEBOOK, QUOTA)
    assert head.snapshot_id == second.snapshot_id
    third = saved(second.snapshot_id, "c.txt")
    assert third.files == 3
    assert len(service.contents(NOTEBOOK)) == 2


def test_of_two_saves_at_once_one_is_refused_and_the_others_manifest_stays(wire: Wire) -> None:
    first = seeded()
    winners = []
    wire.meanwhile = lambda: winners.append(saved(first.snapshot_id, "b.txt"))
    wire.lose_next("PUT /blobs/manifests/nb_1/")

    with pytest.raises(Conflict) as conflict:
        saved(first.snapshot_id, "c.txt")

    assert conflict.value.code == "snapshot_conflict"
    assert service.head(NOTEBOOK, QUOTA).snapshot_id == winners[0].snapshot_id
    assert service.contents(NOTEBOOK)


def test_a_manifest_that_no_snapshot_names_goes_after_a_day_and_no_other(wire: Wire) -> None:
    act = orphans_are_swept()
    assert service.sweep(NOTEBOOK) == 0

    assert act() == 1

    named = [f"blobs/{row.manifest_key}" for row in Snapshot.query(NOTEBOOK)]
    assert [each for each in wire.objects() if "manifests" in each] == named


def test_a_missing_manifest_is_said_by_name_before_anything_is_swept(wire: Wire) -> None:
    seeded()
    (row,) = Snapshot.query(NOTEBOOK)
    storage.delete_documents([row.manifest_key])

    with pytest.raises(storage.NoDocument, match=NOTEBOOK):
        service.contents(NOTEBOOK)


def test_a_save_says_that_the_list_of_files_is_missing_and_loses_nothing(wire: Wire) -> None:
    first = seeded()
    (row,) = Snapshot.query(NOTEBOOK)
    storage.delete_documents([row.manifest_key])

    with pytest.raises(Conflict) as refused:
        saved(first.snapshot_id, "b.txt")

    assert refused.value.code == "files_missing"
    assert [each.id for each in Snapshot.query(NOTEBOOK)] == [first.snapshot_id]


def test_without_recognition_of_ones_own_write_a_lost_answer_is_a_conflict(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_recognition(monkeypatch)

    with pytest.raises(AssertionError):
        test_it_ends_the_same_whichever_answer_is_lost(wire, a_save)
