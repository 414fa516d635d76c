"""What a snapshot holds: an entry a file, symbolic link or empty folder."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["file", "symlink", "dir"]

MANIFEST_VERSION = 2


class UnsafePath(ValueError):
    """A path, or the target of a link, that leads out of the workspace."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of a snapshot.

    path: relative, with "/" between its parts; no part is "", "." or "..".
    sha256, size: of the content, for files; size in bytes.
    mode: permission bits; mtime_ms: milliseconds since 1970.
    target: of a symbolic link; relative, and inside the workspace.
    """

    path: str
    kind: Kind
    sha256: str = ""
    size: int = 0
    mode: int = 0o644
    mtime_ms: int = 0
    target: str = ""

    def to_json(self) -> dict[str, Any]:
        """The entry as the API and the manifest write it; only what its kind has."""
        if self.kind == "symlink":
            return {"path": self.path, "kind": "symlink", "target": self.target}
        if self.kind == "dir":
            return {"path": self.path, "kind": "dir"}
        return {
            "path": self.path,
            "kind": "file",
            "sha256": self.sha256,
            "size": self.size,
            "mode": self.mode,
            "mtime_ms": self.mtime_ms,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Entry:
        """An entry of a manifest, checked. Raises UnsafePath, KeyError or ValueError."""
        path = checked_path(str(data["path"]))
        kind = data["kind"]
        if kind == "file":
            return cls(
                path,
                "file",
                sha256=str(data["sha256"]),
                size=int(data["size"]),
                mode=int(data["mode"]) & 0o777,
                mtime_ms=int(data["mtime_ms"]),
            )
        if kind == "symlink":
            return cls(path, "symlink", target=checked_target(path, str(data["target"])))
        if kind == "dir":
            return cls(path, "dir")
        raise ValueError(f"Unknown kind of entry {kind!r} at {path!r}.")


def checked_path(path: str) -> str:
    """`path` itself when it stays in the workspace whatever is there; else UnsafePath."""
    parts = path.split("/")
    if "\0" in path or any(part in ("", ".", "..") for part in parts):
        raise UnsafePath(f"{path!r} is not a path inside the workspace.")
    return path


def checked_target(path: str, target: str) -> str:
    """`target` itself when a link at `path` to it stays in the workspace; else UnsafePath.

    Only leading ".." are allowed: "link/.." means the parent of where the link leads, which
    may be outside although the text looks inside.
    """
    climbs, descent = 0, target.split("/")
    while descent and descent[0] == "..":
        climbs, descent = climbs + 1, descent[1:]
    outside = climbs > path.count("/") or target.startswith("/")
    if not target or "\0" in target or outside or ".." in descent:
        raise UnsafePath(f"The link {path!r} leads out of the workspace, to {target!r}.")
    return target


def manifest_entries(manifest: Mapping[str, Any]) -> dict[str, Entry]:
    """The entries of a manifest by path.

    Raises ValueError for a manifest that no workspace can look like: an unknown version, an
    unsafe or repeated path, or a path below a file or a link.
    """
    if manifest.get("version") != MANIFEST_VERSION:
        raise ValueError(f"Unknown version of a manifest: {manifest.get('version')!r}.")
    entries: dict[str, Entry] = {}
    for data in manifest["entries"]:
        entry = Entry.from_json(data)
        if entry.path in entries:
            raise UnsafePath(f"{entry.path!r} is there twice.")
        entries[entry.path] = entry
    for path in entries:
        for parent in parents(path):
            if parent in entries and entries[parent].kind != "dir":
                raise UnsafePath(f"{path!r} is below {parent!r}, which is no folder.")
    return entries


def parents(path: str) -> Iterable[str]:
    """The folders above `path`, nearest first: "a/b/c" gives "a/b" and "a"."""
    while path := posixpath.dirname(path):
        yield path


@dataclass(frozen=True)
class Change:
    """What turns one snapshot into another."""

    puts: list[Entry]
    deletes: list[str]

    def __bool__(self) -> bool:
        return bool(self.puts or self.deletes)


def difference(old: Mapping[str, Entry], new: Mapping[str, Entry]) -> Change:
    """The change from `old` to `new`, sorted by path.

    New paths come before changed ones, so that what moved away from a path is elsewhere
    before that path gets something else.
    """
    changed = (entry for path, entry in new.items() if old.get(path) != entry)
    puts = sorted(changed, key=lambda entry: (entry.path in old, entry.path))
    return Change(puts, sorted(path for path in old if path not in new))


def batches(change: Change, limit: int) -> Iterable[Change]:
    """`change` in pieces of at most `limit` puts and as many deletes, safe to stop between.

    Puts come before deletes, so that a moved folder is never nowhere; only what stands in the
    way of a put (a file where a folder comes, or the reverse) is deleted before it.
    """
    if len(change.puts) <= limit and len(change.deletes) <= limit:
        yield change
        return
    put_paths = {entry.path for entry in change.puts}
    folders = {parent for path in put_paths for parent in parents(path)}
    blocking = [
        path
        for path in change.deletes
        if path in folders or not put_paths.isdisjoint(parents(path))
    ]
    later = sorted(set(change.deletes) - set(blocking))
    for start in range(0, len(blocking), limit):
        yield Change([], blocking[start : start + limit])
    for start in range(0, len(change.puts), limit):
        yield Change(change.puts[start : start + limit], [])
    for start in range(0, len(later), limit):
        yield Change([], later[start : start + limit])
