"""The folder that files are exported into: each is whole or not there, and none lies elsewhere."""

import fcntl
import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)

from ops.export import names
from ops.export.reader import Entry, Reader, Unreadable

INDEX = "index.json"
"""By this file a folder is known as one of ours."""

_UNFINISHED = ".unfinished"
_TRIES = 3
"""How often a content is asked for that breaks off; each time goes on where the last one ended."""

_PIECE = 1024 * 1024


_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidToken")
"""What AWS says to credentials that are good for nothing any more."""

_NO_RIGHTS = (NoCredentialsError, PartialCredentialsError, SSOError, TokenRetrievalError)
"""What boto3 says when it can't get any."""


class Stopped(Exception):
    """The export can't go on; the message says why."""


class NotAFolder(Exception):
    """The folder can't be exported into; the message says why, and what to do."""


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """A folder to export into: a new one, an empty one, or one of an earlier export.

    Raises `NotAFolder` for any other, and while another export writes there.
    """
    if path.exists() and not path.is_dir():
        raise NotAFolder(f"{path} is a file. Name a folder.")
    if path.is_dir() and any(path.iterdir()) and not (path / INDEX).is_file():
        raise NotAFolder(f"{path} holds other things. Name a new folder, or an empty one.")
    path.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (path / _UNFINISHED).mkdir(exist_ok=True, mode=0o700)
        (path / INDEX).touch()
        yield path
        with suppress(OSError):  # what was cut off stays in it for the next run
            (path / _UNFINISHED).rmdir()
    except BlockingIOError as error:
        raise NotAFolder(f"Another export writes into {path}. Wait for its end.") from error
    finally:
        os.close(descriptor)


class NotebookFolder:
    """Where the files of one notebook go."""

    def __init__(self, root: Path, place: Path, reader: Reader) -> None:
        self._unfinished = root / _UNFINISHED
        self._place = place
        self._reader = reader
        self._written: dict[tuple[int, int], str] = {}
        self._lock = threading.Lock()

    def write(self, entry: Entry, key: str) -> None:
        """Write a file, unless it is there with this content. Raises `Unreadable`."""
        path = self._path(entry)
        if path.is_symlink() or not path.is_file() or _sha256(path) != entry.sha256:
            unfinished = self._fetched(entry, key)
            with self._lock:
                self._refuse_another(path, entry)
                unfinished.replace(path)
        with self._lock:
            self._written.setdefault(_identity(path), entry.path)
        _mark(path, entry)

    def make_folder(self, entry: Entry) -> None:
        """Make an empty folder. Raises `Unreadable`."""
        self._path(entry).mkdir(exist_ok=True)

    def link(self, entry: Entry) -> None:
        """Make a link. Raises `Unreadable`. To be done after all files: none may go through one."""
        target = names.target(entry)
        path = self._path(entry)
        if path.is_symlink() and path.readlink() == Path(target):
            return
        self._refuse_another(path, entry)
        unfinished = self._unfinished / f"link-{_digest(entry.path)}"
        unfinished.unlink(missing_ok=True)
        unfinished.symlink_to(target)
        unfinished.replace(path)

    def check_link(self, entry: Entry) -> None:
        """Remove a link that leads out of the notebook by way of others. Raises `Unreadable`.

        To be done after all links: each looks harmless by itself.
        """
        path = self._path(entry)
        if _leads_out(path, self._place):
            path.unlink()
            raise Unreadable("this link leads out of the notebook by way of others")

    def _path(self, entry: Entry) -> Path:
        """Where an entry goes, with the folders above it."""
        path = self._place
        *above, name = names.parts(entry)
        for part in above:
            path /= part
            if path.is_symlink() or (path.exists() and not path.is_dir()):
                raise Unreadable("a file or link is in the place of a folder above it")
            path.mkdir(exist_ok=True)
        if (path / name).is_dir() and not (path / name).is_symlink() and entry.kind != "dir":
            raise Unreadable("a folder is in its place")
        return path / name

    def _refuse_another(self, path: Path, entry: Entry) -> None:
        """Keep a file whose name is the same to this disk: `Data` and `data` on some."""
        with suppress(FileNotFoundError):
            other = self._written.get(_identity(path))
            if other not in (None, entry.path) and path.name not in _listed(path.parent):
                raise Unreadable(f"this disk takes its name for that of {other}")

    def _fetched(self, entry: Entry, key: str) -> Path:
        """The content of a file, in a file of its own. What an earlier run fetched is kept."""
        unfinished = self._unfinished / f"{entry.sha256}-{_digest(str(self._place), entry.path)}"
        if unfinished.exists() and unfinished.stat().st_size > entry.size:
            unfinished.unlink()
        reason: Exception | None = None
        for _ in range(_TRIES):
            try:
                self._append(unfinished, key, entry.size)
            except ClientError as error:
                _stop_without_rights(error)
                raise Unreadable(f"its content can't be read: {error}") from error
            except _NO_RIGHTS as error:
                raise Stopped(str(error)) from error
            except BotoCoreError as error:
                reason = error
                continue
            if _sha256(unfinished) == entry.sha256:
                return unfinished
            unfinished.unlink()
            reason = ValueError("its hash is another one")
        raise Unreadable(f"its content can't be read, or is damaged: {reason}") from reason

    def _append(self, unfinished: Path, key: str, size: int) -> None:
        with unfinished.open("ab") as stream:
            if stream.tell() < size or size == 0:
                for piece in self._reader.content(key, stream.tell()):
                    stream.write(piece)


def _stop_without_rights(error: ClientError) -> None:
    """Raise `Stopped` if whoever runs this has to sign in again."""
    if error.response["Error"]["Code"] in _EXPIRED:
        raise Stopped(f"Sign in to AWS again, and run the same command. {error}") from error


def _leads_out(path: Path, place: Path) -> bool:
    try:
        return not path.resolve().is_relative_to(place.resolve())
    except RuntimeError:
        return False  # links that go round in a circle lead nowhere


def _mark(path: Path, entry: Entry) -> None:
    """Give a file its mode and time. Its owner can always read and write it."""
    path.chmod(entry.mode & 0o777 | 0o600)
    nanoseconds = entry.mtime_ms * 1_000_000
    with suppress(OSError, OverflowError):  # a time that this disk does not know
        os.utime(path, ns=(nanoseconds, nanoseconds))


def _identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino


def _listed(folder: Path) -> list[str]:
    """The names in a folder as they were written: a disk may find others as well."""
    return [path.name for path in folder.iterdir()]


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
