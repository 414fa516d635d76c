"""Looking at the workspace: what is there now, without reading what has not changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ramon_notebook.workspace.entries import Entry, UnsafePath, checked_target
from ramon_notebook.workspace.ignore import IgnoreRules

MOST_PATH = 1024
"""Characters of a path, and of a link's target: the service's limit."""

MOST_DEPTH = 64
"""Folders above a file: the service's limit."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes whenever a file's content may have changed."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, info: os.stat_result) -> Stamp:
        """The stamp of a file that was just looked at."""
        return cls(info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as the scan saw it; its content is not known yet."""

    path: str
    stamp: Stamp
    mode: int

    def entry(self, sha256: str) -> Entry:
        """The entry of this file, its content being `sha256`."""
        mtime_ms = self.stamp.mtime_ns // 1_000_000
        return Entry(self.path, "file", sha256, self.stamp.size, self.mode, mtime_ms)


@dataclass
class Found:
    """One scan: files to be hashed, entries that are complete, and what can't be kept."""

    files: dict[str, FoundFile] = field(default_factory=dict)
    others: dict[str, Entry] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def scan(root: Path, rules: IgnoreRules) -> Found:
    """Everything below `root` that `rules` do not leave out. Sockets and the like are no files."""
    rules.refresh()
    found = Found()
    _scan_folder(root, "", rules, found)
    return found


def _scan_folder(root: Path, folder: str, rules: IgnoreRules, found: Found) -> bool:
    """Add what is in `folder` ("" or ending in "/"); True when anything in it is kept."""
    kept = False
    for item in _listing(root, folder, found):
        path = folder + item.name
        if problem := _problem(path):
            found.problems.append(f"The name of {_shown(path)} {problem}. Rename it.")
            continue
        kept = _scan_item(root, path, item, rules, found) or kept
    return kept


def _scan_item(
    root: Path, path: str, item: os.DirEntry[str], rules: IgnoreRules, found: Found
) -> bool:
    info = _looked_at(path, item, found)
    if info is None or rules.ignores(path, is_dir=stat.S_ISDIR(info.st_mode)):
        return False
    if stat.S_ISDIR(info.st_mode):
        if not _scan_folder(root, path + "/", rules, found):
            found.others[path] = Entry(path, "dir")
        return True
    if stat.S_ISLNK(info.st_mode):
        return _add_link(root, path, found)
    if not stat.S_ISREG(info.st_mode):
        return False
    found.files[path] = FoundFile(path, Stamp.of(info), info.st_mode & 0o777)
    return True


def _looked_at(path: str, item: os.DirEntry[str], found: Found) -> os.stat_result | None:
    try:
        return item.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    except PermissionError:
        found.problems.append(f"{path!r} can't be read.")
        return None


def _add_link(root: Path, path: str, found: Found) -> bool:
    try:
        target = str((root / path).readlink())
    except FileNotFoundError:
        return False
    if target.startswith(f"{root}/"):
        target = os.path.relpath(target, (root / path).parent)
    if problem := _problem(target):
        found.problems.append(f"The target of the link {_shown(path)} {problem}.")
        return False
    try:
        found.others[path] = Entry(path, "symlink", target=checked_target(path, target))
    except UnsafePath as error:
        found.problems.append(str(error))
        return False
    return True


def _listing(root: Path, folder: str, found: Found) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(root / folder) as items:
            yield from items
    except FileNotFoundError:
        return
    except PermissionError:
        found.problems.append(f"{folder!r} can't be read.")


def _problem(path: str) -> str | None:
    """Why no snapshot can hold this path; None if one can."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return "is not UTF-8"
    if path.count("/") > MOST_DEPTH:
        return f"has more than {MOST_DEPTH} folders"
    return f"has more than {MOST_PATH} characters" if len(path) > MOST_PATH else None


def _shown(path: str) -> str:
    """A path for a person, with a hexadecimal escape for each byte that is not UTF-8."""
    return f"'{os.fsencode(path).decode(errors='backslashreplace')}'"
