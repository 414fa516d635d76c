"""Whatever happens in a workspace, the restored copy is the same."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from ramon_notebook.api import BATCH_ENTRIES, AgentApi
from ramon_notebook.workspace.commit import Committer
from ramon_notebook.workspace.entries import Change, Entry, batches, difference
from ramon_notebook.workspace.ignore import IgnoreRules
from ramon_notebook.workspace.index import Index
from ramon_notebook.workspace.keeper import Keeper
from ramon_notebook.workspace.restore import read_manifest, restore
from ramon_notebook.workspace.transfer import BlobStore
from tests.unit.notebook.fake_service import (
    MULTIPART_ABOVE,
    PART_SIZE,
    TOKEN,
    Drop,
    FakeService,
    Fault,
)

NAMES = st.sampled_from(["a", "b", "Ü", "c d", "e.ipynb"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
OPERATIONS = st.one_of(
    st.tuples(st.just("write"), PATHS, st.binary(max_size=20)),
    st.tuples(st.just("folder"), PATHS, st.none()),
    st.tuples(st.just("delete"), PATHS, st.none()),
    st.tuples(st.just("move"), PATHS, PATHS),
    st.tuples(st.just("mode"), PATHS, st.sampled_from([0o600, 0o644, 0o755])),
    st.tuples(st.just("link"), PATHS, NAMES),
    st.tuples(st.just("sync"), st.none(), st.none()),
)


class Workspace:
    """A folder and everything that keeps it, as in a server but without its threads."""

    def __init__(self, service: FakeService, root: Path) -> None:
        self.service = service
        self.root = root
        self.api = AgentApi(f"{service.origin}/api", TOKEN, patience=5)
        self.store = BlobStore(self.api)
        head = self.api.head()
        committer = Committer(self.api, self.store, root, head, read_manifest(self.store, head))
        self.keeper = Keeper(root, committer, Index(root), IgnoreRules(root), self.gone)

    def gone(self) -> None:
        """Nobody here stops the notebook."""
        raise AssertionError("the service wants the server gone")

    def sync(self) -> bool:
        """Commit everything that is there."""
        return self.keeper.flush(10)

    def write(self, path: str, content: bytes = b"") -> Path:
        """Write a file."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def restored(self, into: Path) -> Path:
        """The newest snapshot, in another folder."""
        root, state = into / "work", into / "state"
        root.mkdir()
        state.mkdir()
        entries = read_manifest(self.store, self.api.head())
        restore(self.api, self.store, root, state, entries)
        return root


@pytest.fixture
def workspace(service: FakeService, tmp_path: Path) -> Workspace:
    root = tmp_path / "root"
    root.mkdir()
    return Workspace(service, root)


def listing(root: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a folder: its kind, and what of it must survive."""
    found: dict[str, tuple[object, ...]] = {}
    for folder, folders, files in os.walk(root):
        for name in [*folders, *files]:
            path = Path(folder, name)
            info = path.lstat()
            key = str(path.relative_to(root))
            if path.is_symlink():
                found[key] = ("link", path.readlink())
            elif path.is_dir():
                found[key] = ("folder",)
            else:
                when = info.st_mtime_ns // 1_000_000
                found[key] = ("file", path.read_bytes(), info.st_mode & 0o777, when)
    return found


def perform(workspace: Workspace, what: str, path: str, value: Any) -> None:
    """One operation of a person; what the system refuses is not done."""
    target = workspace.root / (path or "")
    is_file = target.is_file() and not target.is_symlink()
    operations: dict[str, Callable[[], object]] = {
        "write": lambda: workspace.write(path, value),
        "folder": lambda: target.mkdir(parents=True),
        "delete": lambda: remove(target),
        "move": lambda: target.rename(workspace.root / value),
        "mode": lambda: target.chmod(value) if is_file else None,
        "link": lambda: target.symlink_to(value),
        "sync": workspace.sync,
    }
    with contextlib.suppress(OSError):
        operations[what]()


def remove(path: Path) -> None:
    """Delete a file, a link, or a folder with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


@settings(max_examples=40)
@given(operations=st.lists(OPERATIONS, max_size=15))
def test_after_any_operations_the_restored_copy_is_identical(
    operations: list[tuple[str, str, object]],
) -> None:
    service = FakeService()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, "root")
        root.mkdir()
        workspace = Workspace(service, root)
        for operation in operations:
            perform(workspace, *operation)
        assert workspace.sync()
        assert listing(workspace.restored(Path(scratch))) == listing(root)
    service.close()


ENTRIES = st.dictionaries(PATHS, st.integers(0, 3), max_size=12).map(
    lambda found: {
        path: Entry(path, "file", sha256=f"{version}")
        for path, version in found.items()
        if not any(other.startswith(f"{path}/") for other in found)
    }
)


@given(old=ENTRIES, new=ENTRIES, limit=st.integers(1, 4))
def test_batches_lead_from_one_snapshot_to_the_other_and_lose_nothing_between(
    old: dict[str, Entry], new: dict[str, Entry], limit: int
) -> None:
    state = dict(old)
    stays = {e.sha256 for path, e in new.items() if old.get(path, e) == e}
    kept = {e.sha256 for e in old.values()} & stays
    blocked = any(path.startswith(f"{other}/") for path in [*old, *new] for other in [*old, *new])
    for batch in batches(difference(old, new), limit):
        assert len(batch.puts) <= limit
        assert len(batch.deletes) <= limit
        for path in batch.deletes:
            del state[path]
        state |= {entry.path: entry for entry in batch.puts}
        assert not any(path.startswith(f"{other}/") for path in state for other in state)
        assert blocked or kept <= {entry.sha256 for entry in state.values()}
    assert state == new


def test_a_change_that_fits_is_one_batch() -> None:
    change = Change([Entry("a", "dir")], ["b"])
    assert list(batches(change, 1)) == [change]


def test_a_large_file_arrives_in_parts(workspace: Workspace, tmp_path: Path) -> None:
    content = os.urandom(MULTIPART_ABOVE + PART_SIZE // 3)
    workspace.write("large.bin", content)
    assert workspace.sync()
    assert workspace.service.content("large.bin") == content
    copy = tmp_path / "copy"
    copy.mkdir()
    assert (workspace.restored(copy) / "large.bin").read_bytes() == content


def test_more_files_than_one_commit_holds_are_all_kept(
    workspace: Workspace, tmp_path: Path
) -> None:
    for number in range(BATCH_ENTRIES + 50):
        workspace.write(f"many/{number}", b"%d" % (number % 7))
    assert workspace.sync()
    (workspace.root / "many").rename(workspace.root / "moved")
    assert workspace.sync()
    copy = tmp_path / "copy"
    copy.mkdir()
    assert listing(workspace.restored(copy)) == listing(workspace.root)


def test_equal_content_is_uploaded_once(workspace: Workspace) -> None:
    for name in "abc":
        workspace.write(name, b"the same")
    assert workspace.sync()
    offered = [body for path, body in workspace.service.calls if path.endswith("/uploads")]
    assert [len(body["blobs"]) for body in offered] == [1]


def test_a_second_look_at_unchanged_files_reads_and_sends_nothing(workspace: Workspace) -> None:
    file = workspace.write("a", b"x")
    long_ago = file.stat().st_mtime - 60
    os.utime(file, (long_ago, long_ago))
    assert workspace.sync()
    calls = len(workspace.service.calls)
    file.chmod(0)  # reading it would fail, were the tests not run by root
    file.chmod(0o644)
    assert workspace.sync()
    assert len(workspace.service.calls) <= calls + 2


def test_caches_and_halves_of_files_are_left_out(workspace: Workspace) -> None:
    for path in [
        ".ipynb_checkpoints/a.ipynb",
        "d/__pycache__/m.pyc",
        ".cache/x",
        ".venv/bin/python",
        "x.tmp~",
        ".~a.ipynb",
    ]:
        workspace.write(path)
    workspace.write("kept/.env")
    assert workspace.sync()
    assert set(workspace.service.entries) == {"d", "kept/.env"}


def test_the_users_own_rules_leave_out_and_take_back(workspace: Workspace) -> None:
    workspace.write(".ramonignore", b"*.log\n!.cache/\n")
    workspace.write("a.log")
    workspace.write(".cache/model")
    assert workspace.sync()
    assert set(workspace.service.entries) == {".ramonignore", ".cache/model"}


def test_sockets_and_pipes_are_not_files(workspace: Workspace) -> None:
    os.mkfifo(workspace.root / "pipe")
    assert workspace.sync()
    assert not workspace.service.entries


def test_a_link_to_the_outside_is_not_kept_and_says_so(workspace: Workspace) -> None:
    (workspace.root / "out").symlink_to("/etc")
    assert workspace.sync()
    assert not workspace.service.entries
    assert "out" in (workspace.keeper.status.error or "")


def test_an_absolute_link_to_the_inside_is_kept_as_a_relative_one(workspace: Workspace) -> None:
    data = workspace.write("data/x")
    (workspace.root / "d").mkdir()
    (workspace.root / "d/link").symlink_to(data)
    assert workspace.sync()
    assert workspace.service.entries["d/link"]["target"] == "../data/x"


def test_a_name_that_is_no_text_is_not_kept_and_says_so(workspace: Workspace) -> None:
    Path(os.fsdecode(os.fsencode(workspace.root) + b"/\xff")).write_bytes(b"x")
    workspace.write("fine")
    assert workspace.sync()
    assert set(workspace.service.entries) == {"fine"}
    assert r"'\xff' is not UTF-8. Rename it." in (workspace.keeper.status.error or "")


def test_a_link_whose_target_is_no_text_is_not_kept_and_says_so(workspace: Workspace) -> None:
    (workspace.root / "link").symlink_to(os.fsdecode(b"caf\xe9"))
    workspace.write("fine")
    assert workspace.sync()
    assert set(workspace.service.entries) == {"fine"}
    assert "The target of the link 'link' is not UTF-8." in (workspace.keeper.status.error or "")


@pytest.mark.parametrize("fault", ["lost answer", "500", "dropped", "slow storage"])
def test_a_passing_fault_costs_nothing(workspace: Workspace, tmp_path: Path, fault: str) -> None:
    seen: list[str] = []

    def once(method: str, path: str) -> Fault | None:
        if method == "GET" or any(path.startswith(known) for known in seen):
            return None
        seen.append(path)
        if fault == "dropped":
            raise Drop
        return Fault(503, after=fault == "lost answer")

    workspace.service.faults = once
    workspace.write("a", b"1")
    workspace.write("large", os.urandom(MULTIPART_ABOVE + 1))
    assert workspace.sync()
    workspace.service.faults = lambda *_: None
    copy = tmp_path / "copy"
    copy.mkdir()
    assert listing(workspace.restored(copy)) == listing(workspace.root)


def test_a_snapshot_of_somebody_else_is_reconciled(workspace: Workspace) -> None:
    workspace.write("mine", b"1")
    assert workspace.sync()
    workspace.service.put_file("theirs", b"2")
    workspace.write("mine", b"3")
    assert workspace.sync()
    assert set(workspace.service.entries) == {"mine"}
    assert workspace.service.content("mine") == b"3"


def test_a_blob_that_the_storage_lost_is_uploaded_again(workspace: Workspace) -> None:
    workspace.write("a", b"1")
    assert workspace.sync()
    workspace.service.blobs.clear()
    workspace.write("b", b"1")
    assert workspace.sync()
    assert workspace.service.content("b") == b"1"


def test_at_the_quota_what_fits_is_kept_and_deletes_always_pass(workspace: Workspace) -> None:
    workspace.service.quota_bytes = 100
    workspace.write("old", b"o" * 60)
    assert workspace.sync()
    workspace.write("big", b"b" * 70)
    workspace.write("small", b"s" * 10)
    assert not workspace.sync()
    assert set(workspace.service.entries) == {"old", "small"}
    assert workspace.keeper.status.full
    assert "full" in (workspace.keeper.status.error or "")
    (workspace.root / "old").unlink()
    assert workspace.sync()
    assert set(workspace.service.entries) == {"big", "small"}
    assert not workspace.keeper.status.full
