"""A lost answer costs no file: whichever of a save's requests it hits, the save is done once."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.core import clock, db
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.storage import service as storage
from chalicelib.storage.models import Blob
from chalicelib.workspaces import drafts, history, manifests, service, tree
from chalicelib.workspaces.models import KnownManifest, Snapshot
from chalicelib.workspaces.schemas import Commit, Committed, Entry, File
from tests.endings import (
    Act,
    Story,
    ends_the_same_cut_off_and_run_again,
    ends_the_same_whichever_answer_is_lost,
)
from tests.lost_answers import Wire
from tests.unit.storage.test_lost_answers import ref

ACCOUNT, NOTEBOOK = "acc_1", "nb_1"
GIB = 1024**3
LIMITS = service.Limits(GIB, GIB)


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "_read", vars(manifests)["_read"].__wrapped__)


def seeded() -> Committed:
    return service.add(service.first(ACCOUNT, NOTEBOOK, LIMITS, {"a.txt": b"a"}), LIMITS)


def copied(account_id: str, notebook_id: str) -> Committed:
    """A duplicate of the notebook."""
    draft = service.copy(account_id, NOTEBOOK, notebook_id)
    assert draft is not None
    return service.add(draft, LIMITS)


def saved(parent: str | None, path: str, content: bytes = b"new") -> Committed:
    blob = storage.put(ACCOUNT, content)
    entry = Entry(path, sha256=blob.sha256, size=blob.size)
    return service.commit(ACCOUNT, NOTEBOOK, LIMITS, Commit(parent, puts=[entry]))


def a_notebook_gets_its_first_files() -> Act:
    return seeded


def a_save() -> Act:
    parent = seeded().snapshot_id
    return lambda: saved(parent, "b.txt")


def a_save_that_thins_the_history(wire: Wire) -> Act:
    parent = seeded().snapshot_id
    for number in range(history.EVERY - 2):
        wire.now += timedelta(minutes=2)
        parent = saved(parent, "a.txt", str(number).encode()).snapshot_id
    wire.now += timedelta(minutes=2)
    return lambda: saved(parent, "last.txt")


def a_save_that_needs_the_room_of_the_oldest_history() -> Act:
    parent = seeded().snapshot_id
    for number in range(3):
        parent = saved(parent, "a.txt", b"%04d" % number).snapshot_id
    blob = storage.put(ACCOUNT, b"last")
    entry = Entry("a.txt", sha256=blob.sha256, size=blob.size)
    change = Commit(parent, puts=[entry])
    return lambda: service.commit(ACCOUNT, NOTEBOOK, service.Limits(12, 12), change)


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
    storage.claim(ACCOUNT, [blob])
    Blob(ACCOUNT, blob.sha256).update([Blob.renewed_at.set(clock.now() - timedelta(days=3))])
    entry = Entry("old.txt", sha256=blob.sha256, size=blob.size)
    change = Commit(parent, puts=[entry])
    return lambda: service.commit(ACCOUNT, NOTEBOOK, LIMITS, change)


def a_duplicate() -> Act:
    seeded()
    return lambda: copied(ACCOUNT, "nb_2")


def a_duplicate_in_another_account() -> Act:
    seeded()
    return lambda: copied("acc_2", "nb_2")


def a_notebook_is_forgotten() -> Act:
    saved(seeded().snapshot_id, "b.txt")
    return lambda: service.forget(NOTEBOOK)


def refused_save() -> None:
    """A save whose manifest was written, and whose snapshot was not."""
    parent = seeded().snapshot_id
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drafts, "add", cut_off)
        patch.setattr(service, "add", cut_off)
        with pytest.raises(ConnectionError):
            saved(parent, "b.txt")


def cut_off(*_: object) -> Committed:
    raise ConnectionError


def a_manifest_is_dropped(wire: Wire) -> Act:
    refused_save()
    wire.now += timedelta(hours=2)
    return lambda: sorted(service.sweep(ACCOUNT).in_use)


def a_dropped_manifest_is_deleted(wire: Wire) -> Act:
    a_manifest_is_dropped(wire)()
    wire.now += timedelta(hours=2)
    return lambda: sorted(service.sweep(ACCOUNT).in_use)


def contents_are_asked_for() -> Act:
    seeded()
    return lambda: sorted(service.contents(NOTEBOOK))


STORIES = (
    a_notebook_gets_its_first_files,
    a_save,
    a_save_that_needs_the_room_of_the_oldest_history,
    a_save_based_on_an_old_snapshot,
    a_save_of_old_contents,
    a_duplicate,
    a_duplicate_in_another_account,
    a_notebook_is_forgotten,
    contents_are_asked_for,
)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_it_ends_the_same_whichever_answer_is_lost(wire: Wire, story: Story) -> None:
    ends_the_same_whichever_answer_is_lost(wire, story)


def test_what_is_cut_off_anywhere_and_run_again_ends_the_same(wire: Wire) -> None:
    ends_the_same_cut_off_and_run_again(wire, a_notebook_is_forgotten)


@pytest.mark.parametrize(
    "sweep",
    [a_manifest_is_dropped, a_dropped_manifest_is_deleted, a_save_that_thins_the_history],
    ids=lambda each: each.__name__,
)
def test_a_sweep_ends_the_same_whichever_answer_is_lost_and_cut_off_anywhere(
    wire: Wire, sweep: Callable[[Wire], Act]
) -> None:
    ends_the_same_whichever_answer_is_lost(wire, lambda: sweep(wire))
    if sweep is not a_save_that_thins_the_history:
        ends_the_same_cut_off_and_run_again(wire, lambda: sweep(wire))


def test_files_can_be_saved_and_restored_after_a_save_whose_answer_was_lost(wire: Wire) -> None:
    first = seeded()
    wire.lose_next("TransactWriteItems")

    second = saved(first.snapshot_id, "b.txt")

    assert wire.lost == 1
    head = service.head(ACCOUNT, NOTEBOOK, LIMITS)
    assert head.snapshot_id == second.snapshot_id
    third = saved(second.snapshot_id, "c.txt")
    assert third.files == 3
    assert len(service.contents(NOTEBOOK)) == 2


def test_of_two_saves_at_once_one_is_refused_and_the_others_manifest_stays(wire: Wire) -> None:
    first = seeded()
    winners = []
    wire.meanwhile = lambda: winners.append(saved(first.snapshot_id, "b.txt"))
    wire.lose_next("PUT /blobs/manifests/")

    with pytest.raises(Conflict) as conflict:
        saved(first.snapshot_id, "c.txt")

    assert conflict.value.code == "snapshot_conflict"
    assert service.head(ACCOUNT, NOTEBOOK, LIMITS).snapshot_id == winners[0].snapshot_id
    assert service.contents(NOTEBOOK)


def swept(account_id: str) -> None:
    inventory = storage.take_inventory(account_id)
    storage.sweep(inventory, service.sweep(account_id))


def documents(wire: Wire) -> set[str]:
    return {key.removeprefix("manifests/") for key, _ in wire.versions() if "manifests" in key}


def test_a_manifest_that_no_snapshot_names_goes_with_the_second_sweep_and_no_other(
    wire: Wire,
) -> None:
    refused_save()
    (kept,) = [row.manifest for row in Snapshot.query(NOTEBOOK)]
    there = []
    for _ in range(4):
        there.append(len(documents(wire)))
        service.sweep(ACCOUNT)
        wire.now += timedelta(hours=2)

    assert there == [2, 2, 2, 1]
    assert documents(wire) == {kept}
    assert [row.name for row in KnownManifest.query(ACCOUNT)] == [kept]


def test_a_manifest_that_is_written_again_while_it_is_deleted_stays(wire: Wire) -> None:
    a_dropped_manifest_is_deleted(wire)
    parent = service.head(ACCOUNT, NOTEBOOK, LIMITS).snapshot_id
    wire.interrupt("DELETE /blobs/", lambda: saved(parent, "b.txt"))

    service.sweep(ACCOUNT)

    assert len(service.contents(NOTEBOOK)) == 2


def test_a_save_that_writes_a_manifest_again_just_before_its_row_goes_keeps_it(wire: Wire) -> None:
    a_dropped_manifest_is_deleted(wire)
    parent = service.head(ACCOUNT, NOTEBOOK, LIMITS).snapshot_id
    wire.interrupt("TransactWriteItems", lambda: saved(parent, "b.txt"))

    service.sweep(ACCOUNT)

    assert len(service.contents(NOTEBOOK)) == 2


def test_a_duplicate_keeps_its_files_when_the_notebook_that_it_is_of_is_gone(wire: Wire) -> None:
    seeded()
    copied("acc_2", "nb_2")
    service.forget(NOTEBOOK)
    for _ in range(4):
        wire.now += timedelta(days=2)
        swept(ACCOUNT)

    (sha256,) = service.contents("nb_2")
    assert service.addresses("nb_2", [sha256])


def test_nothing_is_left_when_the_last_account_that_holds_the_files_is_gone(wire: Wire) -> None:
    seeded()
    copied("acc_2", "nb_2")
    service.forget(NOTEBOOK)
    service.forget("nb_2")
    for _ in range(6):
        wire.now += timedelta(days=2)
        swept(ACCOUNT)

    assert wire.versions() == []
    assert list(KnownManifest.scan()) == []


def test_a_hash_opens_nothing_that_the_newest_snapshot_does_not_name(wire: Wire) -> None:
    seeded()
    other = storage.put(ACCOUNT, b"of another notebook").sha256

    with pytest.raises(NotFound):
        service.addresses(NOTEBOOK, [other])
    with pytest.raises(NotFound):
        service.addresses("nb_2", list(service.contents(NOTEBOOK)))


def test_who_only_says_that_content_is_somebody_elses_does_not_get_it(wire: Wire) -> None:
    blob = storage.put(ACCOUNT, b"secret")
    entry = File("stolen.txt", sha256=blob.sha256, size=blob.size, owner=ACCOUNT)

    with pytest.raises(Conflict) as refused:
        service.commit("acc_2", "nb_2", LIMITS, Commit(None, puts=[entry]))

    assert refused.value.code == "blob_missing"


def test_a_copy_in_another_account_is_renamed_without_being_uploaded_again(wire: Wire) -> None:
    seeded()
    parent = copied("acc_2", "nb_2")
    (sha256,) = service.contents("nb_2")
    change = Commit(parent.snapshot_id, [Entry("moved.txt", sha256=sha256, size=1)], ["a.txt"])

    service.commit("acc_2", "nb_2", LIMITS, change)

    assert [row.owner_id for row in KnownManifest.scan()] == [ACCOUNT, ACCOUNT]
    assert service.addresses("nb_2", [sha256])


@pytest.mark.parametrize("size", [0, 2])
def test_content_cannot_be_said_to_have_another_size(wire: Wire, size: int) -> None:
    first = seeded()
    (sha256,) = service.contents(NOTEBOOK)
    lies = [Entry("b.txt", sha256=sha256, size=size), Entry("c.txt", sha256=sha256, size=1)]

    with pytest.raises(Conflict) as refused:
        service.commit(ACCOUNT, NOTEBOOK, LIMITS, Commit(first.snapshot_id, puts=lies))

    assert refused.value.code == "blob_missing"


def test_a_missing_manifest_is_said_by_name_before_anything_is_swept(wire: Wire) -> None:
    seeded()
    (row,) = Snapshot.query(NOTEBOOK)
    storage.delete_versions(storage.versions(f"manifests/{row.manifest}"))

    with pytest.raises(storage.NoDocument, match=row.manifest):
        service.sweep(ACCOUNT)


def test_a_save_says_that_the_list_of_files_is_missing_and_loses_nothing(wire: Wire) -> None:
    first = seeded()
    (row,) = Snapshot.query(NOTEBOOK)
    storage.delete_versions(storage.versions(f"manifests/{row.manifest}"))

    with pytest.raises(Conflict) as refused:
        saved(first.snapshot_id, "b.txt")

    assert refused.value.code == "files_missing"
    assert [each.id for each in Snapshot.query(NOTEBOOK)] == [first.snapshot_id]


def test_without_the_tokens_of_transactions_a_lost_answer_is_a_conflict(wire: Wire) -> None:
    wire.fresh.append(lambda: setattr(wire, "forgets_tokens", True))

    with pytest.raises(AssertionError):
        test_it_ends_the_same_whichever_answer_is_lost(wire, a_save)


def kept_at(wire: Wire, *ages: timedelta) -> list[timedelta]:
    """Ages of the snapshots that are kept, of those made so long ago; the newest is made now."""
    now = wire.now
    parent = None
    for number, age in enumerate([*sorted(ages, reverse=True), timedelta(0)]):
        wire.now = now - age
        parent = saved(parent, "a.txt", str(number).encode()).snapshot_id
    history.thin(NOTEBOOK)
    return [now - row.created_at for row in history.rows(NOTEBOOK)][:-1]


def test_history_keeps_ten_minutes_a_day_of_hours_and_a_month_of_days(wire: Wire) -> None:
    wire.now = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
    second, minute, hour, day = (
        timedelta(**{u: 1}) for u in ("seconds", "minutes", "hours", "days")
    )
    lately = [second, 2 * second, 9 * minute]
    hours = [31 * minute, 2 * hour, 23 * hour]
    days = [2 * day, 29 * day]
    dropped = [11 * minute, 32 * minute, 2 * hour + minute, 2 * day + hour, 31 * day]

    assert kept_at(wire, *lately, *hours, *days, *dropped) == sorted(
        lately + hours + days, reverse=True
    )


def test_what_history_alone_keeps_is_counted_and_what_is_dropped_until_it_is_deleted(
    wire: Wire,
) -> None:
    parent = seeded().snapshot_id
    sizes = (10, 20, 40)
    for size in sizes:
        wire.now += timedelta(minutes=1)
        parent = saved(parent, "a.txt", bytes(size)).snapshot_id
    *old, new = listed(wire)
    counted = storage.stored(ACCOUNT)
    assert (counted.held, counted.history, counted.offered) == (40 + new, 31 + sum(old), 0)

    wire.now += timedelta(days=40)
    history.thin(NOTEBOOK)

    counted = storage.stored(ACCOUNT)
    assert (counted.held, counted.history, counted.rest) == (40 + new, 0, 31 + sum(old))
    for _ in range(4):
        swept(ACCOUNT)
        wire.now += timedelta(hours=2)
    assert storage.stored(ACCOUNT).bytes == 40 + new == sum(size for _, size in wire.versions())


def listed(wire: Wire) -> list[int]:
    """The bytes that S3 keeps of the manifest of each snapshot."""
    sizes = dict(wire.versions())
    return [sizes[f"manifests/{row.manifest}"] for row in Snapshot.query(NOTEBOOK)]


def a_link(number: int) -> Entry:
    """A link whose target is long, and no shorter when it is compressed."""
    target = hashlib.shake_256(b"%d" % number).hexdigest(450)
    return Entry(f"links/{number}", kind="symlink", target=target)


def test_links_are_counted_with_the_list_of_files_that_has_them(wire: Wire) -> None:
    parent = seeded().snapshot_id
    for number in range(6):
        links = [a_link(1000 * number + n) for n in range(40)]
        change = Commit(parent, puts=links)
        parent = service.commit(ACCOUNT, NOTEBOOK, LIMITS, change).snapshot_id
        assert storage.stored(ACCOUNT).bytes == sum(size for _, size in wire.versions())

    service.forget(NOTEBOOK)

    assert storage.stored(ACCOUNT).bytes == sum(size for _, size in wire.versions()) > 300_000
    for _ in range(4):
        swept(ACCOUNT)
        wire.now += timedelta(hours=2)
    assert storage.stored(ACCOUNT).bytes == sum(size for _, size in wire.versions()) == 0


def test_a_full_account_gets_no_room_for_links(wire: Wire) -> None:
    limits = service.Limits(10_000, 10_000)
    parent = service.add(
        service.first(ACCOUNT, NOTEBOOK, limits, {"a": bytes(9000)}), limits
    ).snapshot_id

    with pytest.raises(Conflict) as refused:
        service.commit(
            ACCOUNT, NOTEBOOK, limits, Commit(parent, puts=[a_link(n) for n in range(9)])
        )

    assert refused.value.code == "quota_exceeded"
    assert storage.stored(ACCOUNT).offered == 0
    renamed = Commit(parent, puts=[Entry("a", kind="dir")])
    assert service.commit(ACCOUNT, NOTEBOOK, service.Limits(10, 10), renamed).files == 0


def test_the_manifests_of_refused_saves_are_counted_and_bounded(wire: Wire) -> None:
    parent = seeded().snapshot_id
    saved(parent, "b.txt")

    codes = []
    for number in range(100):
        with pytest.raises(Conflict) as refused:
            past_its_look_at_the_head([a_link(number)])
        codes.append(refused.value.code)

    assert set(codes) == {"snapshot_conflict", "busy"}
    counted = storage.stored(ACCOUNT)
    assert 39_000 < counted.offered <= 40_000
    assert counted.bytes >= sum(size for _, size in wire.versions())
    for _ in range(4):
        wire.now += timedelta(hours=3)
        swept(ACCOUNT)
        assert storage.stored(ACCOUNT).bytes >= sum(size for _, size in wire.versions())
    assert storage.stored(ACCOUNT).bytes == sum(size for _, size in wire.versions())


def past_its_look_at_the_head(links: list[Entry]) -> None:
    """A save that learns only from the last transaction that another one was quicker."""
    first = history.rows(NOTEBOOK)[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "newest_of", lambda _: first)
        patch.setattr(manifests, "_MOST_UNNAMED", 40_000)
        service.commit(ACCOUNT, NOTEBOOK, LIMITS, Commit(first.id, puts=links))


def test_a_list_of_files_that_is_too_long_is_refused_by_name(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = seeded().snapshot_id
    monkeypatch.setattr(manifests, "MOST_BYTES", 3000)

    with pytest.raises(Conflict, match="Delete links and files with long paths") as refused:
        service.commit(
            ACCOUNT, NOTEBOOK, LIMITS, Commit(parent, puts=[a_link(n) for n in range(3)])
        )

    assert refused.value.code == "list_too_long"
    assert storage.stored(ACCOUNT).offered == 0
    assert saved(parent, "b.txt").files == 2


def test_a_save_that_makes_the_same_list_again_stores_it_once(wire: Wire) -> None:
    parent = seeded().snapshot_id
    for number in range(6):
        parent = saved(parent, "a.txt", b"%d" % (number % 2)).snapshot_id

    keys = [key for key, _ in wire.versions()]
    assert sorted(keys) == sorted(set(keys))


def test_a_full_account_goes_on_saving_and_its_oldest_history_goes(wire: Wire) -> None:
    limits = service.Limits(10_500, 10_500)
    parent = service.add(
        service.first(ACCOUNT, NOTEBOOK, limits, {"a": bytes(9000)}), limits
    ).snapshot_id
    for number in range(20):
        wire.now += timedelta(hours=2)
        content = b"%01000d" % number
        (way,) = service.offer(ACCOUNT, NOTEBOOK, limits, [ref(content)])
        assert way.kind == "put"
        storage.put(ACCOUNT, content)
        entry = Entry("b", sha256=ref(content).sha256, size=1000)
        change = Commit(parent, puts=[entry])
        parent = service.commit(ACCOUNT, NOTEBOOK, limits, change).snapshot_id
        counted = storage.stored(ACCOUNT)
        assert counted.held == 10_000 + listed(wire)[-1]
        assert counted.held + counted.history + counted.offered <= limits.account
        swept(ACCOUNT)


def test_a_full_account_gets_no_room_for_more_and_says_so(wire: Wire) -> None:
    limits = service.Limits(10_500, 10_500)
    first = service.add(service.first(ACCOUNT, NOTEBOOK, limits, {"a": bytes(9000)}), limits)
    too_much = bytes(1500)

    (way,) = service.offer(ACCOUNT, NOTEBOOK, limits, [ref(bytes(10_501))])
    storage.put(ACCOUNT, too_much)
    entry = Entry("b", sha256=ref(too_much).sha256, size=1500)
    with pytest.raises(Conflict) as refused:
        service.commit(ACCOUNT, NOTEBOOK, limits, Commit(first.snapshot_id, puts=[entry]))
    copy = service.copy(ACCOUNT, NOTEBOOK, "nb_2")
    assert copy is not None
    with pytest.raises(Conflict) as no_copy:
        service.add(copy, limits)

    assert way.kind == "full"
    assert refused.value.code == no_copy.value.code == "quota_exceeded"
    assert list(Snapshot.query("nb_2")) == []


def test_of_saves_in_two_notebooks_at_once_only_what_fits_both_is_taken(wire: Wire) -> None:
    limits = service.Limits(1000, 1000)
    drafts_ = [service.first(ACCOUNT, f"nb_{n}", limits, {"a": bytes(600)}) for n in range(2)]
    wire.interrupt("TransactWriteItems", lambda: service.add(drafts_[1], limits))

    with pytest.raises(Conflict) as refused:
        service.add(drafts_[0], limits)

    assert refused.value.code == "quota_exceeded"
    assert storage.stored(ACCOUNT).held == 600 + drafts_[1].snapshot.manifest_bytes


def test_more_files_than_a_notebook_may_have_are_refused_and_fewer_are_always_taken(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = saved(seeded().snapshot_id, "b.txt").snapshot_id
    monkeypatch.setattr(tree, "MOST_FILES", 1)

    with pytest.raises(Conflict) as refused:
        saved(parent, "c.txt")

    assert refused.value.code == "too_many_files"
    change = Commit(parent, deletes=["b.txt"])
    assert service.commit(ACCOUNT, NOTEBOOK, LIMITS, change).files == 1


def test_a_manifest_without_contents_goes_when_nothing_names_it(wire: Wire) -> None:
    service.commit(ACCOUNT, NOTEBOOK, LIMITS, Commit(None, puts=[Entry("folder", kind="dir")]))
    service.forget(NOTEBOOK)
    for _ in range(3):
        wire.now += timedelta(hours=2)
        service.sweep(ACCOUNT)

    assert wire.versions() == []


def test_another_accounts_sweep_keeps_the_same_list_of_files(wire: Wire) -> None:
    folder = [Entry("folder", kind="dir")]
    service.commit("acc_2", "nb_2", LIMITS, Commit(None, puts=folder))
    service.forget("nb_2")
    wire.now += timedelta(hours=2)
    service.sweep("acc_2")
    wire.now += timedelta(hours=2)

    def sweep_before_the_root_is_written(write: db.Writes, _: Snapshot) -> None:
        service.sweep("acc_2")

    service.commit(
        ACCOUNT, NOTEBOOK, LIMITS, Commit(None, puts=folder), sweep_before_the_root_is_written
    )

    assert service.head(ACCOUNT, NOTEBOOK, LIMITS).manifest in documents(wire)
