"""Exports notebook by notebook, and remembers what became of each file."""

import errno
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from ops.export import names
from ops.export.folder import NotebookFolder, Stopped
from ops.export.reader import Entry, Notebook, Reader, Unreadable

_AT_ONCE = 8
"""Files that are fetched at the same time; fewer than a client has connections."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""What keeps every other file from being written, too."""


class Written(msgspec.Struct, omit_defaults=True):
    """What became of one entry of a notebook."""

    path: str
    kind: str
    size: int
    mtime_ms: int
    sha256: str | None = None
    problem: str | None = None
    """Why it was not written."""


class Exported(msgspec.Struct):
    """What became of one notebook."""

    id: str
    account: str
    name: str
    folder: str
    """Relative to the folder of the export."""

    state: str
    deleted: bool
    saved_ms: int | None
    files: list[Written]
    problem: str | None = None
    """Why none of its files were written."""

    @property
    def size(self) -> int:
        """The bytes of what was written."""
        return sum(each.size for each in self.files if not each.problem)

    @property
    def problems(self) -> list[str]:
        """A line for each thing that could not be read or written."""
        whole = [f"{self.folder}: {self.problem}"] if self.problem else []
        return whole + [
            f"{self.folder}/{names.shown(each.path)}: {each.problem}"
            for each in self.files
            if each.problem
        ]


class Export:
    """One run."""

    def __init__(self, reader: Reader, root: Path) -> None:
        self._reader = reader
        self._root = root

    def run(self, notebooks: list[Notebook], logins: dict[str, str]) -> Iterator[Exported]:
        """Export each of these notebooks. Raises `Stopped` when the disk takes no more."""
        for notebook in notebooks:
            login = logins.get(notebook.account_id, notebook.account_id)
            yield self._notebook(notebook, login)

    def _notebook(self, notebook: Notebook, login: str) -> Exported:
        folder = f"{names.shown(login)}/{names.folder(notebook.name, notebook.id)}"
        done = Exported(
            notebook.id,
            login,
            notebook.name,
            folder,
            notebook.state,
            notebook.deleted,
            notebook.saved_ms,
            [],
        )
        try:
            entries = self._reader.entries(notebook)
            keys = self._reader.keys(notebook, entries)
        except Unreadable as why:
            done.problem = str(why)
            return done
        except (BotoCoreError, ClientError) as why:
            done.problem = f"it can't be read: {why}"
            return done
        place = self._root / folder
        place.mkdir(parents=True, exist_ok=True)
        done.files = self._entries(NotebookFolder(self._root, place, self._reader), entries, keys)
        return done

    def _entries(
        self, folder: NotebookFolder, entries: list[Entry], keys: dict[str, str]
    ) -> list[Written]:
        """Write everything. Links come last, so that nothing is written through one."""
        kinds: dict[str, list[Entry]] = {}
        for entry in entries:
            kinds.setdefault(entry.kind, []).append(entry)
        written = _side_by_side(
            kinds.pop("file", []), lambda file: folder.write(file, keys[file.sha256 or ""])
        )
        written += [_tried(each, folder.make_folder) for each in kinds.pop("dir", [])]
        written += _links(kinds.pop("symlink", []), folder)
        for others in kinds.values():
            written += [_written(each, "nobody here knows what this is") for each in others]
        return sorted(written, key=lambda each: each.path)


def _side_by_side(files: list[Entry], write: Callable[[Entry], None]) -> list[Written]:
    """Write files at the same time. What has not begun is left if one can't go on."""
    threads = ThreadPoolExecutor(_AT_ONCE)
    try:
        return list(threads.map(lambda file: _tried(file, write), files))
    finally:
        threads.shutdown(cancel_futures=True)


def _links(links: list[Entry], folder: NotebookFolder) -> list[Written]:
    made = [_tried(each, folder.link) for each in links]
    return [
        done if done.problem else _tried(link, folder.check_link)
        for link, done in zip(links, made, strict=True)
    ]


def _tried(entry: Entry, write: Callable[[Entry], None]) -> Written:
    """Write an entry, and say what became of it."""
    try:
        write(entry)
    except Unreadable as why:
        return _written(entry, str(why))
    except KeyError:
        return _written(entry, "the list of files names no content for it")
    except OSError as error:
        if error.errno in _FULL:
            raise Stopped(f"The disk takes no more: {error.strerror}.") from error
        return _written(entry, f"it can't be written: {error.strerror}")
    return _written(entry)


def _written(entry: Entry, problem: str | None = None) -> Written:
    return Written(entry.path, entry.kind, entry.size, entry.mtime_ms, entry.sha256, problem)
