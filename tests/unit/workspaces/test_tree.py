"""What a change makes of a workspace is what a plain dictionary says, and costs what changed."""

import hashlib
import posixpath
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid
from chalicelib.workspaces import tree
from chalicelib.workspaces.schemas import Commit, Entry, File

NAMES = st.sampled_from(["a", "a-", "a0", "b"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
CONTENTS = st.binary(min_size=1, max_size=2)


def put(path: str, content: bytes) -> Entry:
    return Entry(path, sha256=hashlib.sha256(content).hexdigest(), size=len(content))


CHANGES = st.builds(
    lambda puts, deletes: Commit(None, [put(*each) for each in puts], deletes),
    st.lists(st.tuples(PATHS, CONTENTS), max_size=5),
    st.lists(PATHS, max_size=4),
)


def said_plainly(files: dict[str, Entry], change: Commit) -> dict[str, Entry] | None:
    """The files afterwards; None if one would be beneath another."""
    left = {
        path: entry
        for path, entry in files.items()
        if not any(path == gone or path.startswith(f"{gone}/") for gone in change.deletes)
    }
    left |= {entry.path: entry for entry in change.puts}
    folders = {path[:at] for path in left for at, sign in enumerate(path) if sign == "/"}
    return None if folders & left.keys() else left


def sizes(files: dict[str, Entry]) -> dict[str | None, int]:
    return {entry.sha256: entry.size for entry in files.values()}


@given(st.lists(CHANGES, max_size=6))
def test_a_chain_of_changes_leaves_what_a_dictionary_would(changes: list[Commit]) -> None:
    entries: list[File] = []
    files: dict[str, Entry] = {}
    for change in changes:
        expected = said_plainly(files, change)
        try:
            made = tree.apply(entries, change, "acc_1")
        except Invalid:
            assert expected is None
            continue
        assert expected is not None
        assert [entry.path for entry in made.entries] == sorted(expected)
        assert sizes({e.path: e for e in made.entries}) == sizes(expected)
        gone = sizes(files).items() - sizes(expected).items()
        assert made.departed == sum(size for _, size in gone)
        assert made.bytes == sum(entry.size for entry in expected.values())
        assert made.files == len(expected)
        assert made.added == len(expected.keys() - files.keys())
        assert made.removed == len(files.keys() - expected.keys())
        both = expected.keys() & files.keys()
        assert made.changed == sum(expected[p].sha256 != files[p].sha256 for p in both)
        new = {entry.sha256 for entry in change.puts} - sizes(files).keys()
        assert {entry.sha256 for entry in made.to_claim} == new
        entries, files = made.entries, expected


class Counted(str):
    """A path that counts how often paths are compared."""

    __slots__ = ()
    comparisons = 0

    def __lt__(self, other: str) -> bool:
        Counted.comparisons += 1
        return str.__lt__(self, other)

    def startswith(self, *args: Any) -> bool:
        Counted.comparisons += 1
        return str.startswith(self, *args)

    __hash__ = str.__hash__


def comparisons(files: int) -> int:
    """How often paths are compared when 100 of so many files are deleted."""
    entries = [File(Counted(f"data/{n // 100:04}/{n:06}.csv"), mode=0o600) for n in range(files)]
    gone: list[str] = [Counted(posixpath.join(entry.path)) for entry in entries[:: files // 100]]
    Counted.comparisons = 0
    tree.apply(entries, Commit(None, deletes=gone), "acc_1")
    return Counted.comparisons


def test_ten_times_as_many_files_do_not_make_a_change_dearer() -> None:
    assert comparisons(20_000) < 2 * comparisons(2_000)


def comparisons_of_a_restore(files: int) -> int:
    """How often paths are compared when 100 of so many files are restored."""
    entries = [File(Counted(f"data/{n // 100:04}/{n:06}.csv"), mode=0o600) for n in range(files)]
    Counted.comparisons = 0
    tree.with_files(entries, entries[:: files // 100])
    return Counted.comparisons


def test_ten_times_as_many_files_do_not_make_a_restore_dearer() -> None:
    assert comparisons_of_a_restore(20_000) < 2 * comparisons_of_a_restore(2_000)


@given(st.lists(CHANGES, max_size=3), CHANGES)
def test_restored_files_are_there_and_only_what_stands_in_their_way_is_not(
    changes: list[Commit], restored: Commit
) -> None:
    now: list[File] = []
    for change in changes:
        with suppress(Invalid):
            now = tree.apply(now, change, "acc_1").entries
    try:
        chosen = tree.apply([], Commit(None, restored.puts), "acc_1").entries
    except Invalid:
        return
    paths = {entry.path for entry in chosen}
    in_the_way = {
        entry.path
        for entry in now
        for path in paths
        if f"{path}/".startswith(f"{entry.path}/") or entry.path.startswith(f"{path}/")
    }

    after = tree.with_files(now, chosen)

    left = {entry.path: entry for entry in now if entry.path not in in_the_way}
    expected = left | {entry.path: entry for entry in chosen}
    assert after == [expected[path] for path in sorted(expected)]
