"""Replacing a file that a person owns: as a whole or not at all, and it stays what it is."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ramon_notebook.errors import FileChanged

HALF_PREFIX = ".~"
"""Begins the names of files that are not whole yet; no snapshot takes them in."""


@contextmanager
def replacing(path: Path, *, read: os.stat_result | None = None) -> Iterator[BinaryIO]:
    """Open a new file, whose content is that of `path` once the block is over.

    A symbolic link stays one: the file it leads to is replaced. Hard links, mode, owner and
    extended attributes stay too. read: what `path` looked like when it was read; a file that
    has been written since is left alone (FileChanged). Raises OSError; whatever is raised,
    also by the block, `path` has its old content and nothing is left beside it.
    """
    target = Path(os.path.realpath(path))
    before = _look_at(target)
    half, file = _open_half(target, before)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if read is not None and not _is_same(read, _look_at(target)):
            raise FileChanged(f"{path.name} was written to meanwhile.")
        _put_in_place(half, target, before)
    finally:
        half.unlink(missing_ok=True)


def replace_file(path: Path, content: bytes, *, read: os.stat_result | None = None) -> None:
    """Make `content` the content of `path`, as `replacing` does."""
    with replacing(path, read=read) as file:
        file.write(content)


def read_file(path: Path) -> bytes:
    """The content of a file. Raises OSError, also for what is no file: a pipe may never end."""
    with open(path, "rb", opener=_open_at_once) as file:  # Path has no opener
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "It is no regular file", str(path))
        return file.read()


def _open_at_once(path: str, flags: int) -> int:
    """Open, and wait for nobody who writes into a pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


def _look_at(target: Path) -> os.stat_result | None:
    try:
        return target.stat()
    except FileNotFoundError:
        return None


def _is_same(read: os.stat_result, now: os.stat_result | None) -> bool:
    if now is None:
        return False
    stamps = [(info.st_ino, info.st_mtime_ns, info.st_size) for info in (read, now)]
    return stamps[0] == stamps[1]


def _open_half(target: Path, before: os.stat_result | None) -> tuple[Path, BinaryIO]:
    """Create the file that is written first, beside `target` where that is possible.

    Its name is short, however long that of `target` is.
    """
    if before is not None and not os.access(target, os.W_OK):
        raise PermissionError(13, "The file is read-only", str(target))
    beside = before is None or os.access(target.parent, os.W_OK | os.X_OK)
    folder = target.parent if beside else Path(tempfile.gettempdir())
    half = folder / f"{HALF_PREFIX}{secrets.token_hex(8)}"
    mode = 0o666 if before is None else before.st_mode & 0o777
    descriptor = os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode)
    return half, os.fdopen(descriptor, "wb")


def _put_in_place(half: Path, target: Path, before: os.stat_result | None) -> None:
    if before is None:
        half.replace(target)
    elif before.st_nlink > 1 or half.parent != target.parent:
        _overwrite(target, half)
    else:
        try:
            _take_over_rights(half, target, before)
            half.replace(target)
        except OSError:
            # Not everybody may give files away, and a mounted file can't be renamed over.
            _overwrite(target, half)


def _take_over_rights(half: Path, target: Path, before: os.stat_result) -> None:
    now = half.stat()
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        os.chown(half, before.st_uid, before.st_gid)
    half.chmod(before.st_mode & 0o7777)
    for name in os.listxattr(target):
        os.setxattr(half, name, os.getxattr(target, name))


def _overwrite(target: Path, half: Path) -> None:
    """Copy `half` into the file itself; on an error the old content is put back.

    The space is reserved first, so that a full disk is noticed while nothing is changed.
    """
    with half.open("rb") as new, target.open("r+b") as file:
        old = file.read()
        size = half.stat().st_size
        try:
            if size > len(old):
                os.posix_fallocate(file.fileno(), 0, size)
            file.seek(0)
            shutil.copyfileobj(new, file)
            file.truncate(size)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            _put_back(file, old)
            raise


def _put_back(file: BinaryIO, old: bytes) -> None:
    with suppress(OSError):
        file.flush()
    file.seek(0)
    file.write(old)
    file.truncate(len(old))
    file.flush()
