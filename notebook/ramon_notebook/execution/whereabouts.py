"""Where a notebook is that was moved behind Jupyter's back: in a terminal, by Git."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ramon_notebook.execution.births import born_at
from ramon_notebook.execution.notebook_file import has_a_cell

SUFFIX = ".ipynb"

FIRST_WAIT, LAST_WAIT = 1.0, 60.0
"""Seconds between two searches for one notebook that is gone: each takes twice as long."""

TOLD_AFTER = 10.0
"""Seconds that a notebook may be gone, as while Git works, before the person is told."""

CLOCK = 0.01
"""Seconds by which the times that a file system notes may lie behind."""


@dataclass(frozen=True)
class Sight:
    """A notebook that was where it belongs: which file it was, and when, in seconds since 1970.

    born: when the file was made, in seconds since 1970; None if that is not known. File systems
    give the number of a file that was removed to the next one: this tells them apart.
    """

    device: int
    inode: int
    at: float
    born: float | None = None

    @classmethod
    def of(cls, document: Path) -> Sight | None:
        """The notebook as it is now; None if it is not there."""
        at = time.time()
        try:
            return cls.noted(document.stat(), at, born_at(document))
        except OSError:
            return None

    @classmethod
    def noted(cls, info: os.stat_result, at: float, born: float | None = None) -> Sight:
        """What the file system has just said of a notebook."""
        return cls(info.st_dev, info.st_ino, at, born)

    def is_same_file(self, other: Sight) -> bool:
        """Whether both are one file."""
        same = (self.device, self.inode) == (other.device, other.inode)
        return same and (self.born == other.born or None in (self.born, other.born))

    def is_older_than(self, other: Sight) -> bool:
        """Whether this file was there already when the other one was seen."""
        return self.born is not None and self.born < other.at - CLOCK


@dataclass
class _Absence:
    since: float = field(default_factory=time.monotonic)
    next_search: float = 0.0
    wait: float = FIRST_WAIT


class Whereabouts:
    """Looks after notebooks whose outputs are not saved yet, and searches those that are gone.

    root: the folder to search. A notebook that was moved is the same file under another name,
    or, if it was copied and removed, the only one that has appeared since with its cells. Where
    another file has its name now, that is the notebook if it was written since, as editors do
    that keep the old file beside the new one; a file that was there before is another notebook.
    Folders whose names begin with a dot are not searched: copies lie there.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: dict[Path, Sight] = {}
        self._absent: dict[Path, _Absence] = {}

    def gone(self) -> list[Path]:
        """The notebooks that nobody has found for a while."""
        before = time.monotonic() - TOLD_AFTER
        return [document for document, absence in self._absent.items() if absence.since < before]

    def see(self, document: Path, info: os.stat_result | None = None) -> None:
        """Remember which file a notebook is: the one that is there now, or that was written."""
        sight = Sight.of(document)
        if info and (sight is None or (sight.device, sight.inode) != (info.st_dev, info.st_ino)):
            sight = Sight.noted(info, time.time())
        if sight is not None:
            self._seen[document] = sight

    def knows(self, document: Path) -> bool:
        """Whether it is known which file a notebook is."""
        return document in self._seen

    def moved(
        self, wanted: Mapping[Path, Collection[str]], taken: Collection[Path]
    ) -> dict[Path, Path]:
        """Look where these notebooks are; the new place of each that was moved.

        wanted: the ids of the cells whose outputs are to be saved, by notebook. taken: the
        notebooks of kernels: a copy that has a kernel of its own is another notebook.
        """
        documents = wanted.keys() | set(taken)
        for known in (self._seen, self._absent):
            for document in known.keys() - documents:
                del known[document]
        before = dict(self._seen)
        found = {}
        for document in documents:
            cells = wanted.get(document, ())
            if (place := self._look(document, cells, taken, before)) is not None:
                found[document] = place
        for document, place in found.items():
            self._seen[place] = before[document]
        return found

    def _look(
        self,
        document: Path,
        cells: Collection[str],
        taken: Collection[Path],
        seen: Mapping[Path, Sight],
    ) -> Path | None:
        now, before = Sight.of(document), seen.get(document)
        if now is None:
            return self._search(document, cells, taken) if before and cells else None
        self._absent.pop(document, None)
        self._seen[document] = now
        if before is None or now.is_same_file(before):
            return None
        is_another = now.is_older_than(before) or any(now.is_same_file(s) for s in seen.values())
        if not is_another and (not cells or has_a_cell(document, cells)):
            return None
        # Another file has the name now; what had it may go on under another one.
        return self._renamed(before, cells, seen)

    def _renamed(
        self, before: Sight, cells: Collection[str], seen: Mapping[Path, Sight]
    ) -> Path | None:
        """The new name of a file whose name another one has now."""
        for place in seen:
            if (sight := Sight.of(place)) and sight.is_same_file(before):
                return place
        return next(self._same_file(before, cells), None) if cells else None

    def _search(
        self, document: Path, cells: Collection[str], taken: Collection[Path]
    ) -> Path | None:
        absence = self._absent.setdefault(document, _Absence())
        if time.monotonic() < absence.next_search:
            return None
        absence.next_search = time.monotonic() + absence.wait
        absence.wait = min(2 * absence.wait, LAST_WAIT)
        before = self._seen[document]
        if (same := next(self._same_file(before, cells), None)) is not None:
            return same
        new = [file for file in self._new(before, cells) if file not in taken]
        return new[0] if len(new) == 1 else None

    def _same_file(self, before: Sight, cells: Collection[str]) -> Iterator[Path]:
        """The file itself under its new name; a new file may have got its number, but no cells."""
        for entry in _files(self._root):
            if entry.inode() == before.inode:
                sight = Sight.of(Path(entry.path))
                if sight and sight.is_same_file(before) and has_a_cell(Path(entry.path), cells):
                    yield Path(entry.path)

    def _new(self, before: Sight, cells: Collection[str]) -> Iterator[Path]:
        """The notebooks with these cells that have appeared since."""
        for entry in _files(self._root):
            is_new = entry.name.endswith(SUFFIX) and _changed_at(entry) >= before.at - CLOCK
            if is_new and has_a_cell(Path(entry.path), cells):
                yield Path(entry.path)


def _files(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """All files in a folder and those in it; links are not followed."""
    try:
        with os.scandir(folder) as entries:
            inside = list(entries)
    except OSError:
        return
    for entry in inside:
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith("."):
                yield from _files(entry.path)
        elif entry.is_file(follow_symlinks=False):
            yield entry


def _changed_at(entry: os.DirEntry[str]) -> float:
    try:
        return entry.stat(follow_symlinks=False).st_ctime
    except OSError:
        return 0.0
