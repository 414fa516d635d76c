"""The hashes of files as they are now, computed again only for files that changed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from ramon_notebook.errors import FileChanged
from ramon_notebook.workspace.entries import Entry
from ramon_notebook.workspace.scan import Found, FoundFile, Stamp
from ramon_notebook.workspace.transfer import content_hash

CLOCK_GRAIN_NS = 50_000_000
"""Two writes closer than this may leave one time stamp; so a file this young is hashed again."""

SETTLE_RATE = 8 << 20
"""A file that is being written is left alone for its size divided by this, in seconds…"""

SETTLE_LIMIT = 60
"""…but not for longer than this since it was last taken, in seconds."""


@dataclass(frozen=True, slots=True)
class _Known:
    stamp: Stamp
    sha256: str
    taken_at: float
    certain: bool


class Index:
    """Remembers the hash of every file by its stamp; lives as long as the server."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, _Known] = {}

    def learn(self, entries: dict[str, Entry]) -> None:
        """Take over the hashes of files that were just restored, without reading them."""
        for entry in entries.values():
            if entry.kind == "file":
                stamp = Stamp.of((self._root / entry.path).lstat())
                self._known[entry.path] = _Known(stamp, entry.sha256, 0, certain=True)

    def entries(self, found: Found, committed: dict[str, Entry], *, final: bool) -> Looked:
        """The entries of everything found. `final`: there is no later, so wait for nothing."""
        looked = Looked(dict(found.others), list(found.problems))
        for file in found.files.values():
            self._look_at(file, committed.get(file.path), looked, final=final)
        for path in self._known.keys() - found.files.keys():
            del self._known[path]
        return looked

    def forget(self, path: str) -> None:
        """Hash this file again next time."""
        self._known.pop(path, None)

    def _look_at(
        self, file: FoundFile, committed: Entry | None, looked: Looked, *, final: bool
    ) -> None:
        known = self._known.get(file.path)
        if known and known.certain and known.stamp == file.stamp:
            looked.entries[file.path] = file.entry(known.sha256)
            return
        if not final and not _settled(file.stamp, known):
            looked.wait_for(file.path, committed)
            return
        try:
            known = self._known[file.path] = self._hash(file)
        except FileNotFoundError:
            return
        except PermissionError:
            looked.problems.append(f"{file.path!r} can't be read.")
        except FileChanged:
            looked.wait_for(file.path, committed)
        else:
            looked.take(file, known)

    def _hash(self, file: FoundFile) -> _Known:
        """Raises FileChanged when the file is no longer as it was found."""
        path = self._root / file.path
        started_ns = time.time_ns()
        sha256, size = content_hash(path)
        if size != file.stamp.size or Stamp.of(path.lstat()) != file.stamp:
            raise FileChanged(file.path)
        certain = started_ns - max(file.stamp.mtime_ns, file.stamp.ctime_ns) > CLOCK_GRAIN_NS
        return _Known(file.stamp, sha256, time.time(), certain)


@dataclass
class Looked:
    """What the workspace holds.

    waiting: files that are being written, and so are left as they were last taken.
    young: files that were written so recently that another write might look the same.
    """

    entries: dict[str, Entry]
    problems: list[str]
    waiting: list[str] = field(default_factory=list)
    young: list[str] = field(default_factory=list)

    def take(self, file: FoundFile, known: _Known) -> None:
        """A file is as it was just read."""
        self.entries[file.path] = file.entry(known.sha256)
        if not known.certain:
            self.young.append(file.path)

    def wait_for(self, path: str, committed: Entry | None) -> None:
        """Leave a file as it was last taken, until it has been written."""
        self.waiting.append(path)
        if committed:
            self.entries[path] = committed

    @property
    def again(self) -> list[str]:
        """What to look at again soon."""
        return self.waiting + self.young


def _settled(stamp: Stamp, known: _Known | None) -> bool:
    now = time.time()
    quiet = now - stamp.mtime_ns / 1e9
    waited = now - known.taken_at if known and known.taken_at else 0
    return quiet < 0 or quiet >= stamp.size / SETTLE_RATE or waited > SETTLE_LIMIT
