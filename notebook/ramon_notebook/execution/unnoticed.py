"""Files as their pages know them, while outputs are written into them behind the pages' backs.

A page that was away (a laptop that slept) gets these outputs by its own connection. So that its
next save raises no alarm about a changed file, the file keeps looking as that page knew it,
until somebody reads or saves the content.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from ramon_notebook.execution.documents import after_move, real
from ramon_notebook.files import read_file


@dataclass(frozen=True)
class Known:
    """A file as its page knows it.

    mtime_ns: of the file that was written since; None while it is being written, when either
    the old or the new one is there.
    """

    last_modified: datetime
    hash: str
    mtime_ns: int | None

    @classmethod
    def of(cls, file: Path) -> Known:
        """The file as it is now."""
        info = file.stat()
        modified = datetime.fromtimestamp(info.st_mtime, UTC)
        return cls(modified, sha256(read_file(file)).hexdigest(), info.st_mtime_ns)


class Unnoticed:
    """The files that were written without telling their pages."""

    def __init__(self) -> None:
        self._known: dict[Path, Known] = {}

    @contextmanager
    def writing(self, file: Path) -> Iterator[Callable[[os.stat_result], None]]:
        """Write `file` in the block, and call what is given with the file that it is then.

        From before the change is visible, whoever looks is told what the page knows.
        """
        key = real(file)
        was = self._known.get(key)
        known = self.as_known(file) or Known.of(file)
        self._known[key] = replace(known, mtime_ns=None)
        after = was

        def wrote(info: os.stat_result) -> None:
            nonlocal after
            after = replace(known, mtime_ns=info.st_mtime_ns)

        try:
            yield wrote
        finally:
            if after is None:
                self._known.pop(key, None)
            else:
                self._known[key] = after

    def as_known(self, file: Path) -> Known | None:
        """What to say of the file; None: what it is. To be asked after looking at the file."""
        known = self._known.get(real(file))
        if known and file.exists() and known.mtime_ns in (None, file.stat().st_mtime_ns):
            return known
        return None

    def noticed(self, file: Path) -> None:
        """A page has just read or saved the file."""
        self._known.pop(real(file), None)

    def moved(self, places: Mapping[Path, Path]) -> None:
        """Files or folders are at new places: their pages know them as before."""
        self._known = {after_move(file, places): known for file, known in self._known.items()}
