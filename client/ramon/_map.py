"""The results of a `map`, in order: calls are read and sent as results are asked for.

Whoever leaves early (by `break`, an error, `close`, or by forgetting it) cancels the rest. One
that was never asked for a result goes on, as those of `concurrent.futures` do.
"""

# distributed ships its types, but few of its functions have any.
# mypy: allow-untyped-calls

from __future__ import annotations

import itertools
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from distributed.client import Future

from ramon._ahead import CALL_SECONDS, MOST_BYTES, MOST_CALLS, PIECE_SECONDS, Piece, Reader
from ramon._calls import Part
from ramon._sending import sendable
from ramon.errors import NotPicklable

AT_ONCE = 64
"""Most pieces that are sent, or fetched, together."""

REFILL = 0.75
"""More is read when fewer than this share of the pieces that may be on the cluster are."""

FETCHED_BYTES = 8 << 20
"""Fewer pieces are fetched together when they were larger than this."""


@dataclass(eq=False)
class Sent:
    """A piece that is on the cluster. held: what has to live as long as it."""

    future: Future[Any]
    calls: int
    nbytes: int
    held: list[Any] = field(default_factory=list)


class Cluster(Protocol):
    """What a `map` needs of its cluster."""

    def send(self, pieces: list[Piece], *, expected: bool) -> list[Sent]:
        """Send pieces; `expected` if their calls were announced. Raises NotPicklable."""

    def cancel(self, futures: list[Future[Any]]) -> None:
        """Cancel futures, from any thread, without waiting for it."""

    def fetch(self, futures: list[Future[Any]], timeout: float | None) -> Any:
        """Wait for the first of them, then gather all: `Part`s. To be awaited if asynchronous."""

    def explained(self, error: BaseException) -> BaseException:
        """The error to raise instead of one of Dask's."""

    def left(self, calls: int) -> None:
        """So many calls of those that were announced will never be sent."""


class _Mapped:
    """What both kinds of iterators have in common."""

    def __init__(self, cluster: Cluster, reader: Reader, deadline: float | None) -> None:
        self._cluster = cluster
        self._reader = reader
        self._deadline = deadline
        self._pending: deque[Sent] = deque()
        self._fetched: deque[tuple[Sent, Part]] = deque()
        self._giving: Sent | None = None
        self._results: deque[Any] = deque()
        self._failure: BaseException | None = None
        self._unsent: BaseException | None = None
        self._closed = self._begun = False
        self._at_once = 1
        self._seconds, self._calls = 0.0, 0
        self._sent_calls = self._flying_calls = self._flying_bytes = 0
        self._begin()

    def _begin(self) -> None:
        """Send the first pieces. What of these can't be sent is told by `map` itself."""
        try:
            self._fill(CALL_SECONDS if self._expected else PIECE_SECONDS)
            if self._unsent is not None:
                raise self._unsent
        except BaseException:
            self._finish()
            raise

    def _finish(self) -> None:
        """Cancel what nobody will ask for any more."""
        if self._closed:
            return
        self._closed = True
        # Those that were fetched too: an error that somebody keeps might hold them.
        given = [self._giving] if self._giving and self._results else []
        fetched = [sent for sent, _ in self._fetched]
        futures = [sent.future for sent in (*given, *fetched, *self._pending)]
        self._pending.clear()
        self._fetched.clear()
        self._results.clear()
        self._giving = self._failure = None
        if self._reader.total is not None:
            self._cluster.left(self._reader.total - self._sent_calls)
        if futures:
            self._cluster.cancel(futures)

    def __del__(self) -> None:
        if self._begun and not sys.is_finalizing():
            self._finish()

    @property
    def _expected(self) -> bool:
        return self._reader.total is not None

    # --- Sending -----------------------------------------------------------------------------

    def _fill(self, seconds: float) -> None:
        """Read and send, as far ahead as may be; a result that is there does not wait long."""
        if len(self._pending) > REFILL * self._reader.most_pieces:
            return
        began = time.monotonic()
        pieces: list[Piece] = []
        while self._room(pieces):
            piece = self._reader.piece(self._call_seconds)
            if piece is None:
                break
            pieces.append(piece)
            late = time.monotonic() - began > seconds
            if late or len(pieces) >= self._together:
                self._send(pieces)
                pieces = []
            if late and self._may_go_on():
                break
        self._send(pieces)

    def _may_go_on(self) -> bool:
        """Whether there is something else to do than to read on."""
        return not self._begun or not self._pending or self._pending[0].future.done()

    def _room(self, pieces: list[Piece]) -> bool:
        if self._reader.ended or self._unsent is not None:
            return False
        count = len(self._pending) + len(pieces)
        if count < self._reader.fewest_pieces:
            return True
        calls = self._flying_calls + sum(len(each.calls) for each in pieces)
        return (
            count < self._reader.most_pieces
            and calls < MOST_CALLS
            and self._flying_bytes < MOST_BYTES
        )

    @property
    def _together(self) -> int:
        """How many pieces to send at once: few until it is known how large they are."""
        if not self._pending:
            return 1
        each = self._flying_bytes // len(self._pending) + 1
        return max(1, min(AT_ONCE, MOST_BYTES // 8 // each))

    def _send(self, pieces: list[Piece]) -> None:
        """Send pieces; one that can't be sent is an error that comes when all before are given."""
        try:
            if pieces:
                self._add(self._cluster.send(pieces, expected=self._expected))
        except NotPicklable as error:
            self._unsent = error
            if self._begun:
                self._send_those_before(pieces)

    def _send_those_before(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            good = piece.calls[: sendable(piece.calls)]
            if good:
                first = [Piece(piece.first, good)]
                self._add(self._cluster.send(first, expected=self._expected))
            if len(good) < len(piece.calls):
                return

    def _add(self, sent: list[Sent]) -> None:
        self._pending.extend(sent)
        self._sent_calls += sum(each.calls for each in sent)
        self._flying_calls += sum(each.calls for each in sent)
        self._flying_bytes += sum(each.nbytes for each in sent)

    @property
    def _call_seconds(self) -> float | None:
        return self._seconds / self._calls if self._calls else None

    # --- Receiving ---------------------------------------------------------------------------

    def _next(self) -> bool:
        """Whether there is a result now, from what was fetched; raises the error that is next."""
        while not self._results:
            if self._failure is not None:  # an error may be false
                failure, self._failure = self._failure, None  # it holds this frame
                raise failure
            if not self._fetched:
                return False
            # The cluster keeps a piece until all of its results are given: this kernel may die.
            self._giving, part = self._fetched.popleft()
            self._open(part)
        return True

    def _open(self, part: Part) -> None:
        self._seconds += part.seconds
        self._calls += len(part)
        if part.failed is not None:
            self._failure = self._cluster.explained(part.failed)
        try:
            for result in part:
                self._results.append(result)
        except NotPicklable as error:
            self._failure = error

    def _fetch(self) -> Any:
        """The parts of the pieces at the front that have ended, one at least."""
        futures = [self._pending[0].future]
        for sent in itertools.islice(self._pending, 1, self._at_once):
            if sent.future.status != "finished":
                break
            futures.append(sent.future)
        return self._cluster.fetch(futures, self._left())

    def _take(self, parts: list[Part]) -> None:
        """These are the results of the pieces at the front."""
        for part in parts:
            sent = self._pending.popleft()
            self._flying_calls -= sent.calls
            self._flying_bytes -= sent.nbytes
            self._fetched.append((sent, part))
        small = sum(part.nbytes for part in parts) < FETCHED_BYTES
        self._at_once = min(AT_ONCE, self._at_once * 2) if small else 1

    def _left(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def _end(self) -> BaseException | None:
        """The error by which it ends when all is given, None if it just ends."""
        return self._reader.failed if self._unsent is None else self._unsent


class Results(_Mapped, Iterator[Any]):
    """An iterator over the results of a `map`."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        self._begun = True
        try:
            if not self._closed:
                while not self._next():
                    self._fill(PIECE_SECONDS)
                    if not self._pending:
                        break
                    self._take(self._fetch())
                else:
                    return self._results.popleft()
            ended = None if self._closed else self._end()
        except StopIteration as error:
            self._finish()
            raise RuntimeError("generator raised StopIteration") from error
        except BaseException:
            self._finish()
            raise
        self._finish()
        raise StopIteration if ended is None else ended

    def close(self) -> None:
        """Ask for no more results: what has not begun is cancelled."""
        self._finish()


class AsyncResults(_Mapped):
    """An asynchronous iterator over the results of a `map`."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        self._begun = True
        try:
            if not self._closed:
                while not self._next():
                    self._fill(PIECE_SECONDS)
                    if not self._pending:
                        break
                    self._take(await self._fetch())
                else:
                    return self._results.popleft()
            ended = None if self._closed else self._end()
        except (StopIteration, StopAsyncIteration) as error:
            self._finish()
            said = f"async generator raised {type(error).__name__}"
            raise RuntimeError(said) from error
        except BaseException:
            self._finish()
            raise
        self._finish()
        raise StopAsyncIteration if ended is None else ended

    async def aclose(self) -> None:
        """Ask for no more results: what has not begun is cancelled."""
        self._finish()
