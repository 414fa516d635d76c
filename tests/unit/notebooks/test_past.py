"""A notebook's files of before are looked at and brought back, and nothing is lost by that."""

import io
import stat
import zipfile
from datetime import timedelta

import pytest

from chalicelib.accounts.models import Account
from chalicelib.core import clock
from chalicelib.core.errors import Conflict, NotFound, TooLarge
from chalicelib.notebooks import past, service
from chalicelib.notebooks.models import Notebook
from chalicelib.notebooks.schemas import CreateNotebook
from chalicelib.storage import service as storage
from chalicelib.storage.schemas import BlobRef
from chalicelib.workspaces import past as files_of_before
from chalicelib.workspaces import service as workspaces
from chalicelib.workspaces import tree
from chalicelib.workspaces.schemas import Commit, Entry
from tests.lost_answers import Wire

ACCOUNT = "acc_1"


class Saved:
    """A notebook with a history: a file that was overwritten, one that was deleted."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        Account(ACCOUNT, login="ada", name="Ada", plan="lab", created_at=clock.now()).save()
        self.id = service.create(ACCOUNT, CreateNotebook("Of a test")).id
        self.save({"data.csv": b"1,2,3", "d/gone.txt": b"old"})
        wire.now += timedelta(hours=1)
        self.save({"data.csv": b"spoiled", "new.bin": b"\0\1"}, deletes=["d"])

    def save(self, puts: dict[str, bytes], deletes: list[str] | None = None) -> None:
        limits = service.limits(service.plan_of(ACCOUNT))
        parent = workspaces.head(ACCOUNT, self.id, limits).snapshot_id
        blobs = {path: storage.put(ACCOUNT, content) for path, content in puts.items()}
        entries = [Entry(p, sha256=blob.sha256, size=blob.size) for p, blob in blobs.items()]
        change = Commit(parent, entries, deletes or [])
        workspaces.commit(ACCOUNT, self.id, limits, change)

    def save_odd(self, *entries: Entry) -> int:
        """Save links, folders, files of odd times or names (all of content `odd`); its number."""
        limits = service.limits(service.plan_of(ACCOUNT))
        blob = storage.put(ACCOUNT, b"odd")
        for entry in entries:
            if entry.kind == "file":
                entry.sha256, entry.size = blob.sha256, blob.size
        parent = workspaces.head(ACCOUNT, self.id, limits).snapshot_id
        return workspaces.commit(ACCOUNT, self.id, limits, Commit(parent, list(entries))).seq

    def unzipped(self, seq: int) -> zipfile.ZipFile:
        """The zip of a version, as a browser gets it."""
        past.zipped(ACCOUNT, self.id, seq)
        (key,) = [each for each in self.wire.objects() if each.startswith("uploads/")]
        packed = self.wire.content(key.removeprefix("uploads/"), bucket="uploads")
        return zipfile.ZipFile(io.BytesIO(packed))

    def files(self) -> dict[str, bytes]:
        newest = workspaces.newest_of(self.id)
        assert newest is not None
        return {
            each.path: storage.read(ACCOUNT, each.sha256 or "")
            for each in workspaces.files(newest, "", 100)
        }


@pytest.fixture
def saved(wire: Wire) -> Saved:
    return Saved(wire)


def test_the_versions_say_what_changed_newest_first(saved: Saved) -> None:
    found, cursor, newest = past.snapshots(ACCOUNT, saved.id, limit=50, cursor=None)

    assert [(row.seq, row.added, row.changed, row.removed) for row in found] == [
        (3, 1, 1, 1),
        (2, 2, 0, 0),
        (1, 1, 0, 0),
    ]
    assert (cursor, newest) == (None, 3)
    told = workspaces.changes(found[0])
    assert [(each.path, each.change, each.size) for each in told.changes] == [
        ("d/gone.txt", "removed", 3),
        ("data.csv", "changed", 7),
        ("new.bin", "added", 2),
    ]


def test_a_file_of_then_is_looked_at(saved: Saved) -> None:
    before = past.find(ACCOUNT, saved.id, 2)

    told = workspaces.content(before, "data.csv")

    assert told.text == "1,2,3"
    assert "attachment" in told.url
    assert workspaces.content(past.find(ACCOUNT, saved.id, 3), "new.bin").text is None
    with pytest.raises(NotFound):
        workspaces.content(before, "new.bin")


def test_a_file_that_was_overwritten_is_restored_and_the_others_stay(saved: Saved) -> None:
    past.restore(ACCOUNT, saved.id, 2, ["data.csv"])

    files = saved.files()
    assert files["data.csv"] == b"1,2,3"
    assert files["new.bin"] == b"\0\1"
    assert "d/gone.txt" not in files
    assert Notebook.get(saved.id).files == 3


def test_everything_is_restored_and_what_was_there_before_can_be_restored_again(
    saved: Saved,
) -> None:
    before = saved.files()
    past.restore(ACCOUNT, saved.id, 2, None)
    assert {"data.csv", "d/gone.txt"} < saved.files().keys()
    assert "new.bin" not in saved.files()

    past.restore(ACCOUNT, saved.id, 3, None)

    assert saved.files() == before


def test_a_file_that_stands_where_a_folder_was_gives_way(saved: Saved) -> None:
    saved.save({"d": b"a file now"})

    past.restore(ACCOUNT, saved.id, 2, ["d/gone.txt"])

    assert saved.files()["d/gone.txt"] == b"old"
    assert "d" not in saved.files()


@pytest.mark.parametrize("state", ["starting", "running", "stopping"])
def test_nothing_is_restored_while_the_notebook_runs(saved: Saved, state: str) -> None:
    Notebook(saved.id).update([Notebook.state.set(state)])

    with pytest.raises(Conflict) as refused:
        past.restore(ACCOUNT, saved.id, 2, None)

    assert refused.value.code == "running"


def test_a_start_at_the_very_moment_of_a_restore_wins(saved: Saved) -> None:
    def start() -> None:
        Notebook(saved.id).update([Notebook.state.set("starting")])

    saved.wire.interrupt("TransactWriteItems", start)

    with pytest.raises(Conflict) as refused:
        past.restore(ACCOUNT, saved.id, 2, None)

    assert refused.value.code == "running"
    assert saved.files()["data.csv"] == b"spoiled"


def test_history_is_its_owners_alone(saved: Saved) -> None:
    with pytest.raises(NotFound):
        past.find("acc_2", saved.id, 2)
    with pytest.raises(NotFound):
        past.restore("acc_2", saved.id, 2, None)


def test_a_version_is_packed_into_a_zip_and_counted(saved: Saved) -> None:
    before = storage.stored(ACCOUNT).bytes

    url = past.zipped(ACCOUNT, saved.id, 2)

    (key,) = [each for each in saved.wire.objects() if each.startswith("uploads/")]
    assert key.removeprefix("uploads/") in url
    packed = saved.wire.content(key.removeprefix("uploads/"), bucket="uploads")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.read("data.csv") == b"1,2,3"
        assert archive.read("d/gone.txt") == b"old"
    assert storage.stored(ACCOUNT).bytes - before == len(packed)


def test_a_version_that_is_too_large_for_a_zip_says_so(
    saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_of_before, "MOST_ZIPPED", 10)

    with pytest.raises(TooLarge, match="restore it"):
        past.zipped(ACCOUNT, saved.id, 2)


@pytest.mark.parametrize("millis", [-(2**53), -1, 4_400_000_000_000, 2**53])
def test_a_file_of_any_time_is_listed_and_packed(saved: Saved, millis: int) -> None:
    seq = saved.save_odd(Entry("odd.txt", mtime_ms=millis))

    (listed,) = workspaces.files(past.find(ACCOUNT, saved.id, seq), "odd", 1)

    assert 1 <= clock.moment_of_millis(listed.mtime_ms).year <= 9999
    assert 1980 <= saved.unzipped(seq).getinfo("odd.txt").date_time[0] <= 2107


def test_symlinks_and_empty_folders_are_in_the_zip(saved: Saved) -> None:
    seq = saved.save_odd(
        Entry("d:1/link", "symlink", target="../data.csv"),
        Entry("link", "symlink", target="d:1/link/../link"),
        Entry("empty", "dir", mode=0o755),
    )

    packed = saved.unzipped(seq)

    assert packed.read("d_1/link") == b"../data.csv"
    assert packed.read("link") == b"d_1/link"
    kinds = {each.filename: stat.S_IFMT(each.external_attr >> 16) for each in packed.infolist()}
    assert kinds["link"] == kinds["d_1/link"] == stat.S_IFLNK
    assert kinds["empty/"] == stat.S_IFDIR
    assert kinds["data.csv"] == stat.S_IFREG


def test_a_link_that_would_climb_out_by_another_link_leads_straight_to_what_it_names(
    saved: Saved,
) -> None:
    seq = saved.save_odd(
        Entry("s/up", "symlink", target=".."), Entry("out", "symlink", target="s/up/../x")
    )

    assert saved.unzipped(seq).read("out") == b"s/x"


def test_names_in_a_zip_are_harmless_and_different_everywhere(saved: Saved) -> None:
    names = ["..\\..\\evil.txt", "C:\\x.txt", "CON", "Data.csv"]
    seq = saved.save_odd(*map(Entry, names))

    assert {"data (2).csv", "Data.csv", "_CON", "C__x.txt", ".._.._evil.txt"} < set(
        saved.unzipped(seq).namelist()
    )


def test_a_restore_that_would_make_too_many_files_is_refused(
    saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "MOST_FILES", len(saved.files()))

    with pytest.raises(Conflict) as refused:
        past.restore(ACCOUNT, saved.id, 2, ["d/gone.txt"])

    assert refused.value.code == "too_many_files"
    assert "d/gone.txt" not in saved.files()


def test_a_restore_that_would_make_a_notebook_too_large_is_refused(
    saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = workspaces.newest_of(saved.id)
    now = newest.bytes if newest else 0
    monkeypatch.setattr(service, "limits", lambda _: workspaces.Limits(10**9, notebook=now))

    with pytest.raises(Conflict) as refused:
        past.restore(ACCOUNT, saved.id, 2, ["d/gone.txt"])

    assert refused.value.code == "quota_exceeded"
    assert past.restore(ACCOUNT, saved.id, 1, None).bytes < now


def test_looking_at_earlier_versions_deletes_none_and_leaves_room_to_save(
    saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = workspaces.Limits(2000, 2000)
    monkeypatch.setattr(service, "limits", lambda _: limits)
    before = [row.seq for row in past.snapshots(ACCOUNT, saved.id, limit=50, cursor=None)[0]]
    for _ in range(8):
        past.zipped(ACCOUNT, saved.id, 2)
    assert storage.stored(ACCOUNT).offered > limits.account

    assert workspaces.offer(ACCOUNT, saved.id, limits, [BlobRef("0" * 64, 50)])[0].kind == "put"
    saved.save({}, deletes=["new.bin"])

    after = [row.seq for row in past.snapshots(ACCOUNT, saved.id, limit=50, cursor=None)[0]]
    assert after[1:] == before
