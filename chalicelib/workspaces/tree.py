"""The files of a workspace as a tree: what a change makes of them, and which paths it may have."""

import posixpath
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from chalicelib.core.errors import Invalid
from chalicelib.workspaces.schemas import ChangeKind, Commit, Entry, File

MOST_FILES = 100_000
"""Paths of one notebook: what a save reads and writes in a second, and a start in minutes."""
MOST_DEPTH = 64
"""Folders above a file: deeper than any project, and shallow enough for every tool."""
LONGEST_NAME = 255
"""Bytes of one name that Linux takes."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change made of the files. Sizes in bytes.

    `entries` are sorted by path. `departed` is the size of the contents that were named before and
    are no longer; `to_claim` are the entries whose contents nothing named before. `lengthened` is
    by how many characters the paths and the targets of links grew.
    """

    entries: list[File]
    files: int
    bytes: int
    lengthened: int
    departed: int
    to_claim: list[Entry]
    added: int
    changed: int
    removed: int


def apply(before: Sequence[File], change: Commit, account_id: str) -> Changed:
    """The files after a change that `account_id` makes. Raises `Invalid` for paths that don't fit.

    Contents that were named before stay with whoever owns the copy; new ones are the account's. The
    work grows with the change: of the other files it only copies the list.
    """
    tree = _Tree(before)
    for path in dict.fromkeys(change.deletes):
        tree.delete(path)
    owners = _owners(before, change.puts)
    for entry in change.puts:
        _check(entry)
        tree.put(_owned(entry, owners.get((entry.sha256, entry.size), account_id)))
    for entry in change.puts:
        tree.check_place(entry)
    to_claim = [e for e in change.puts if e.sha256 and (e.sha256, e.size) not in owners]
    return tree.changed(to_claim)


class _Tree:
    """Files by path, and their paths in order."""

    def __init__(self, entries: Sequence[File]) -> None:
        self._files = {entry.path: entry for entry in entries}
        self._paths = [entry.path for entry in entries]
        self._before: dict[str, File | None] = {}
        """What each touched path held at first."""

    def delete(self, path: str) -> None:
        """Delete a path and everything beneath it."""
        for gone in self._take(path, f"{path}\0") + self._take(*_beneath(path)):
            self._before.setdefault(gone, self._files.pop(gone))

    def _take(self, first: str, last: str) -> list[str]:
        start, end = bisect_left(self._paths, first), bisect_left(self._paths, last)
        taken = self._paths[start:end]
        del self._paths[start:end]
        return taken

    def give_way(self, path: str) -> None:
        """Delete what is at a path, unless it is a folder."""
        if path in self._files and self._files[path].kind != "dir":
            self.delete(path)

    def put(self, entry: File) -> None:
        """Write a file, a link or an empty folder."""
        old = self._files.get(entry.path)
        if old is None:
            insort(self._paths, entry.path)
        self._before.setdefault(entry.path, old)
        self._files[entry.path] = entry

    def check_place(self, entry: Entry) -> None:
        """Raise `Invalid` if a file or link is above or beneath another path."""
        parent = posixpath.dirname(entry.path)
        while parent:
            above = self._files.get(parent)
            if above is not None and above.kind != "dir":
                raise Invalid("A file can't have files beneath it.", field=entry.path)
            parent = posixpath.dirname(parent)
        first, last = _beneath(entry.path)
        at = bisect_left(self._paths, first)
        if entry.kind != "dir" and at < len(self._paths) and self._paths[at] < last:
            raise Invalid("A file can't have files beneath it.", field=self._paths[at])

    def entries(self) -> list[File]:
        """Everything, sorted by path."""
        return [self._files[path] for path in self._paths]

    def changed(self, to_claim: list[Entry]) -> Changed:
        """What became of everything."""
        entries = self.entries()
        pairs = [(old, self._files.get(path)) for path, old in self._before.items()]
        return Changed(
            entries,
            files=sum(entry.kind == "file" for entry in entries),
            bytes=sum(entry.size for entry in entries),
            lengthened=sum(_length(new) - _length(old) for old, new in pairs),
            departed=departed((old for old, _ in pairs if old), entries),
            to_claim=to_claim,
            added=sum(old is None and new is not None for old, new in pairs),
            changed=sum(bool(old and new and is_changed(old, new)) for old, new in pairs),
            removed=sum(old is not None and new is None for old, new in pairs),
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed between two lists of files.

    Numbers of paths; `departed` are the bytes of the contents that only the older one names.
    """

    added: int = 0
    changed: int = 0
    removed: int = 0
    departed: int = 0


def compare(before: Sequence[File], after: Sequence[File]) -> Difference:
    """What changed between two lists of files."""
    old, new = {e.path: e for e in before}, {e.path: e for e in after}
    both = old.keys() & new.keys()
    return Difference(
        added=len(new) - len(both),
        changed=sum(is_changed(old[path], new[path]) for path in both),
        removed=len(old) - len(both),
        departed=departed(before, after),
    )


def differences(
    before: Sequence[File], after: Sequence[File]
) -> Iterator[tuple[str, ChangeKind, int]]:
    """Each path that differs, what became of it, and its size in bytes; sorted by path."""
    old, new = {e.path: e for e in before}, {e.path: e for e in after}
    for path in sorted(old.keys() | new.keys()):
        was, now = old.get(path), new.get(path)
        if now is None and was is not None:
            yield path, ChangeKind.REMOVED, was.size
        elif now is not None and was is None:
            yield path, ChangeKind.ADDED, now.size
        elif was is not None and now is not None and is_changed(was, now):
            yield path, ChangeKind.CHANGED, now.size


def with_files(now: Sequence[File], restored: Sequence[File]) -> list[File]:
    """The files with some others in their places, sorted by path.

    What stands in the way of one, such as a file where a folder was, gives way.
    """
    tree = _Tree(now)
    for entry in restored:
        for parent in _parents(entry.path):
            tree.give_way(parent)
        if entry.kind != "dir":
            tree.delete(entry.path)
        tree.put(entry)
    return tree.entries()


def length(entries: Iterable[File]) -> int:
    """Characters of the paths, and of the targets of links."""
    return sum(map(_length, entries))


def _length(entry: File | None) -> int:
    return len(entry.path) + len(entry.target or "") if entry else 0


def _parents(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def is_changed(old: File, new: File) -> bool:
    """Whether a person would say that a path has changed: times alone don't count."""
    return (old.kind, old.sha256, old.target, old.mode) != (
        new.kind,
        new.sha256,
        new.target,
        new.mode,
    )


def departed(before: Iterable[File], after: Iterable[File]) -> int:
    """Bytes of the contents that `before` names and `after` does not."""
    sizes = {entry.sha256: entry.size for entry in before if entry.sha256}
    if sizes:
        for entry in after:
            if entry.sha256:
                sizes.pop(entry.sha256, None)
    return sum(sizes.values())


def _beneath(path: str) -> tuple[str, str]:
    """Where the paths beneath a folder begin and end: "0" is the next character after "/"."""
    return f"{path}/", f"{path}0"


def _owners(before: Sequence[File], puts: list[Entry]) -> dict[tuple[str | None, int], str]:
    """Who owns the contents of `puts` that were there before, by hash and size."""
    wanted = {entry.sha256 for entry in puts if entry.sha256}
    if not wanted:
        return {}
    return {(e.sha256, e.size): e.owner for e in before if e.owner and e.sha256 in wanted}


def _owned(entry: Entry, owner: str) -> File:
    """The entry as it is kept. What a client says of an owner is not heard."""
    return File(
        path=entry.path,
        kind=entry.kind,
        sha256=entry.sha256,
        size=entry.size,
        mode=entry.mode,
        mtime_ms=entry.mtime_ms,
        target=entry.target,
        owner=owner if entry.sha256 else None,
    )


def _check(entry: Entry) -> None:
    _check_path(entry.path)
    if (entry.kind == "file") != (entry.sha256 is not None):
        raise Invalid("Files have a sha256; nothing else has one.", field=entry.path)
    if entry.kind != "file" and entry.size:
        raise Invalid("Only files have a size.", field=entry.path)
    if (entry.kind == "symlink") != (entry.target is not None):
        raise Invalid("Symlinks have a target; nothing else has one.", field=entry.path)
    if entry.target is not None and not _stays_inside(entry.path, entry.target):
        raise Invalid("A symlink must point to something in the workspace.", field=entry.path)


def _check_path(path: str) -> None:
    parts = path.split("/")
    if "\0" in path or any(part in ("", ".", "..") for part in parts):
        raise Invalid("A path must be relative, without “.”, “..” or empty parts.", field=path)
    if any(len(part.encode()) > LONGEST_NAME for part in parts):
        raise Invalid(
            f"A file's name can have {LONGEST_NAME} bytes at most.",
            code="name_too_long",
            field=path[:100],
        )
    if len(parts) > MOST_DEPTH + 1:
        raise Invalid(
            f"A file can be in {MOST_DEPTH} folders at most, one inside the other.",
            code="too_deep",
            field=path[:100],
        )


def _stays_inside(path: str, target: str) -> bool:
    if not target or "\0" in target or target.startswith("/"):
        return False
    reached = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return reached != ".." and not reached.startswith("../")
