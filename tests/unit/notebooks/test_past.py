"""A notebook's files of before are looked at and brought back, and nothing is lost by that."""

import io
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
from chalicelib.workspaces import past as files_of_before
from chalicelib.workspaces import service as workspaces
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
