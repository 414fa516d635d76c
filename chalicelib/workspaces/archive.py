"""Packs a snapshot into a zip that every program unpacks, and that does no harm anywhere."""

import posixpath
import stat
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from chalicelib.core import clock
from chalicelib.storage import service as storage
from chalicelib.workspaces.archive_names import ArchiveNames
from chalicelib.workspaces.schemas import File

_FIRST_MILLIS = 315_619_200_000
"""2nd January 1980: a zip knows no earlier times…"""
_LAST_MILLIS = 4_354_819_199_000
"""…and no later ones than the end of 2107."""
_AT_ONCE = 16


def pack(file: IO[bytes], entries: list[File]) -> None:
    """Write files, symlinks and empty folders as a zip: links last, so none is written through."""
    names = ArchiveNames(entry.path for entry in entries)
    with zipfile.ZipFile(file, "w", compresslevel=1) as archive:
        _pack_files(archive, names, [entry for entry in entries if entry.kind == "file"])
        for entry in entries:
            if entry.kind == "dir":
                archive.writestr(_info(entry, names.of(entry.path) + "/", stat.S_IFDIR), b"")
        for entry in entries:
            if entry.kind == "symlink":
                info = _info(entry, names.of(entry.path), stat.S_IFLNK)
                archive.writestr(info, _target(entry, names).encode())


def _pack_files(archive: zipfile.ZipFile, names: ArchiveNames, files: list[File]) -> None:
    """Add files: some are read at once, so that only these are in memory."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for start in range(0, len(files), _AT_ONCE):
            some = files[start : start + _AT_ONCE]
            for entry, data in zip(some, threads.map(_bytes, some), strict=True):
                archive.writestr(_info(entry, names.of(entry.path), stat.S_IFREG), data)


def _bytes(entry: File) -> bytes:
    return storage.read(entry.owner or "", entry.sha256 or "")


def _target(link: File, names: ArchiveNames) -> str:
    """Where a link leads in the archive: straight there, so that it can't climb by other links."""
    folder = posixpath.dirname(link.path)
    target = posixpath.normpath(posixpath.join(folder, link.target or ""))
    reached = names.of("" if target == "." else target)
    return posixpath.relpath("/" + reached, "/" + names.of(folder))


def _info(entry: File, name: str, kind: int) -> zipfile.ZipInfo:
    millis = min(max(entry.mtime_ms, _FIRST_MILLIS), _LAST_MILLIS)
    info = zipfile.ZipInfo(name, clock.moment_of_millis(millis).timetuple()[:6])
    info.external_attr = (kind | (entry.mode & 0o777)) << 16
    if kind == stat.S_IFDIR:
        info.external_attr |= 0x10  # MS-DOS's mark of a folder
    info.compress_type = zipfile.ZIP_DEFLATED
    return info
