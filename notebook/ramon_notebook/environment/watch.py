"""Telling cheaply whether files may have changed since they were read."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

TICK = 50_000_000
"""Nanoseconds: a file that changed so shortly before it was read may have changed again in the
same tick of the clock that file systems use (10 ms at most), without a trace."""

SECOND = 1_000_000_000
"""The tick of file systems that keep whole seconds."""

Signature = tuple[int, ...]


@dataclass(frozen=True)
class Read:
    """A file as it was read. digest: SHA-256, in hexadecimal."""

    content: bytes = field(repr=False)
    digest: str


class Watch:
    """Some files and folders, as they were at one moment; to be made before they are read.

    It goes by the time of a file's last change (ctime), which no program can set: neither equal
    sizes nor restored modification times deceive it.
    """

    def __init__(self, paths: Iterable[Path] = ()) -> None:
        now = time.time_ns()
        self._signatures = {str(path): _signature(str(path)) for path in paths}
        known = self._signatures.values()
        self._is_settled = bool(known) and all(_is_settled(each, now) for each in known)

    def may_differ(self) -> bool:
        """Whether any of them may not be what it was; a watch of nothing always says so."""
        if not self._is_settled:
            return True
        return any(_signature(path) != known for path, known in self._signatures.items())


class Reader:
    """Reads files again only if they may have changed since it read them last."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Signature | None, bool, Read]] = {}

    def read(self, paths: Iterable[Path]) -> dict[Path, Read]:
        """Read these, and forget all others. Files that can't be read are left out."""
        known, self._known = self._known, {}
        for path in paths:
            now, signature = time.time_ns(), _signature(str(path))
            if path in known and known[path][:2] == (signature, True):
                self._known[path] = known[path]
                continue
            try:
                content = path.read_bytes()
            except OSError:
                continue  # it has just gone
            read = Read(content, hashlib.sha256(content).hexdigest())
            self._known[path] = (signature, _is_settled(signature, now), read)
        return {path: read for path, (_, _, read) in self._known.items()}


def _signature(path: str) -> Signature | None:
    try:
        found = os.stat(path)  # noqa: PTH116  # a thousand of them, before every call
    except OSError:
        return None
    times = (found.st_mtime_ns, found.st_ctime_ns)
    return found.st_dev, found.st_ino, found.st_mode, found.st_size, *times


def _is_settled(signature: Signature | None, now: int) -> bool:
    """Whether a change after `now` (ns) must make another signature."""
    if signature is None:
        return True
    changed_at = signature[-1]
    return changed_at < now - (TICK if changed_at % SECOND else 2 * SECOND)
