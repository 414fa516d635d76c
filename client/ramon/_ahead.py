"""Reading the calls of a `map` as they are needed: not all at once, and far enough ahead."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ramon.errors import InvalidValue

PIECES_PER_THREAD = 64
"""Things that have a length are sent in so many pieces for each thread: the last piece of a thread
is a 64th of its work, so others wait for it hardly longer than for single calls."""

AHEAD_PER_THREAD = 8
"""Pieces for each thread that are read ahead of the results from what has no length."""

MOST_PIECES = 2000
"""Pieces that are on the cluster at once, if 64 for each thread are not more."""

MOST_CALLS = 100_000
"""Calls that are on the cluster at once."""

MOST_BYTES = 64 << 20
"""Bytes of arguments that are on their way at once, unless threads would have nothing to do."""

PIECE_SECONDS = 0.2
"""How long a piece of what has no length is to take a worker; and the longest that it is read."""

GROWTH = 4
"""How many times larger the next piece may be than the largest before it."""

CALL_SECONDS = 2.0
"""How long `map` itself reads from what has a length, before it returns."""


@dataclass
class Piece:
    """Some calls that follow each other, of which `first` is the place of the first."""

    first: int
    calls: Sequence[tuple[Any, ...]]


class Reader:
    """Reads calls from iterables, in pieces.

    total: how many calls there will be, None if that is not known before. read: how many there
    were so far. ended: whether there are no more; failed: the error by which the iterables ended.
    """

    def __init__(
        self, iterables: Sequence[Iterable[Any]], chunksize: int | None, threads: Callable[[], int]
    ) -> None:
        if chunksize is not None and chunksize < 1:
            raise InvalidValue(f"chunksize={chunksize} must be 1 or more.")
        self.total = _total(iterables)
        self.read = 0
        self.ended = False
        self.failed: BaseException | None = None
        self._calls = zip(*iterables, strict=False)
        self._chunksize = chunksize
        self._threads = threads
        self._largest = 1

    @property
    def most_pieces(self) -> int:
        """Pieces that may be on the cluster at once."""
        threads = self._threads()
        if self.total is None:
            return AHEAD_PER_THREAD * threads
        return max(PIECES_PER_THREAD * threads, MOST_PIECES)

    @property
    def fewest_pieces(self) -> int:
        """Pieces that may be on the cluster however large they are, so that all threads work."""
        return self._threads() + 1

    def piece(self, call_seconds: float | None) -> Piece | None:
        """The next piece, None if there is none; a call took `call_seconds` so far."""
        size, first = self._size(call_seconds), self.read
        calls: list[tuple[Any, ...]] = []
        began = time.monotonic()
        while len(calls) < size and not self.ended:
            try:
                calls.append(next(self._calls))
            except StopIteration:
                self.ended = True
            except (Exception, SystemExit, GeneratorExit) as error:  # noqa: BLE001 - it is kept
                self.ended, self.failed = True, error
            if self.total is None and time.monotonic() - began > PIECE_SECONDS:
                break
        self.read += len(calls)
        return Piece(first, calls) if calls else None

    def _size(self, call_seconds: float | None) -> int:
        if self._chunksize is not None:
            return self._chunksize
        threads = self._threads()
        most = max(1, MOST_CALLS // (4 * threads))
        if self.total is not None:
            return min(most, max(1, self.total // (PIECES_PER_THREAD * threads)))
        if call_seconds is not None:
            wanted = int(PIECE_SECONDS / max(call_seconds, 1e-9))
            self._largest = max(1, min(most, wanted, self._largest * GROWTH))
        return self._largest


def _total(iterables: Sequence[Iterable[Any]]) -> int | None:
    """The length of the shortest, if all have one."""
    try:
        return min((len(each) for each in iterables), default=0)  # type: ignore[arg-type]  # or else
    except Exception:  # noqa: BLE001 - whatever a class of a user's does when it has no length
        return None
