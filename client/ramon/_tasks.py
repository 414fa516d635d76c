"""Calls of functions on the workers, as `concurrent.futures` has them."""

# distributed ships its types, but few of its functions have any.
# mypy: allow-untyped-calls

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import os
import threading
import time
import uuid
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar, cast

from dask.utils import funcname
from distributed.client import Future

from ramon import _calls, _code, _sending
from ramon._ahead import Piece, Reader
from ramon._client import explained
from ramon._map import AsyncResults, Results, Sent
from ramon._packed import arguments, unpicklable
from ramon._scaling import Scaling
from ramon.errors import EnvironmentChanged, RamonError
from ramon.progress.view import View

T = TypeVar("T")


class Tasks(Scaling, concurrent.futures.Executor):
    """The executor's side of a cluster."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._outstanding: weakref.WeakSet[concurrent.futures.Future[Any]] = weakref.WeakSet()
        self._flying: set[Future[Any]] = set()
        self._unwanted: deque[list[Future[Any]]] = deque()
        self._cancelling = asyncio.Lock()
        self._looked_at: _code.Signature | None = None
        self._warned_of = ""
        self._done, self._total = 0, 0
        super().__init__(*args, **kwargs)

    def submit(
        self, fn: Callable[..., T], /, *args: Any, **kwargs: Any
    ) -> concurrent.futures.Future[T]:
        """Call ``fn(*args, **kwargs)`` on a worker; Dask's futures among them become their results.

        Raises NotPicklable and ClusterStopped, as `map` does. The future's exception may be
        ClusterStopped too.
        """
        client = self._ready()
        function = _sending.function(fn, client.shares)
        given = _sending.call(args, kwargs, client.shares)
        future = self._given(
            lambda: client.submit(
                *(_calls.run, function.value, given.value, given.futures), key=_key(fn)
            ),
            arguments(args, kwargs),
        )
        return self._carried(future, [*function.shares, *given.shares])

    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int | None = None,
    ) -> Iterator[T]:
        """Results of ``fn`` for each item, in order, as they are there.

        The iterables are read as results are asked for, some way ahead: those without a length
        less far. timeout: seconds from now until TimeoutError. chunksize: items that are sent as
        one task; many small ones are put together by themselves. When the iterator is left early,
        what has not begun is cancelled. Of an asynchronous cluster it is an asynchronous iterator.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        reader = Reader(iterables, chunksize, self._threads)
        sender = _Sender(self, self._ready(), fn)
        self._expect(reader.total or 0)
        if self.asynchronous:
            # What an asynchronous cluster gives is iterated by `async for`, which no type says.
            return cast(Iterator[T], AsyncResults(sender, reader, deadline))
        return Results(sender, reader, deadline)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Stop the cluster when its futures are done, as an executor does; see also `close`."""
        self.shutdown_on_close = True
        if cancel_futures:
            for future in list(self._outstanding):
                future.cancel()
            self._cancel(list(self._flying))
        if wait:
            self._wait_for_all()
            self.close()
        else:
            threading.Thread(target=self.shutdown, name="shutdown of a cluster").start()

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> None:
        if exc_type is None:
            self._wait_for_all()
        self.close()

    def _wait_for_all(self) -> None:
        """Wait for what was submitted, and for what a `map` has sent."""
        concurrent.futures.wait(list(self._outstanding))
        if self._client is not None and self._client.status == "running":
            self._client.sync(self._landed)

    async def _landed(self) -> None:
        for future in list(self._flying):
            await _ended(future)

    # --- One by one --------------------------------------------------------------------------

    def _carried(self, future: Future[Any], held: list[Any]) -> concurrent.futures.Future[Any]:
        """A `concurrent.futures.Future` that ends as `future` does; until then it holds `held`."""
        carried: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self._outstanding.add(carried)
        self._count([future], [1])

        def cancel(ended: concurrent.futures.Future[Any]) -> None:
            held.clear()
            if ended.cancelled():
                self._cancel([future])
                ended.set_running_or_notify_cancel()

        carried.add_done_callback(cancel)
        self.get_client().loop.add_callback(self._carry, future, carried)
        return carried

    async def _carry(self, future: Future[Any], carried: concurrent.futures.Future[Any]) -> None:
        try:
            result = await future._result()  # noqa: SLF001 - as Dask's own executor does
        except BaseException as error:  # noqa: BLE001 - a task may raise anything
            try:
                better = await asyncio.to_thread(explained, error, self)
            except Exception as failure:  # noqa: BLE001 - whoever waits must get an answer
                better = failure
            if isinstance(better, RamonError):
                better = better.with_traceback(None)  # of threads that nobody asked about
            with suppress(concurrent.futures.InvalidStateError):  # cancelled meanwhile
                carried.set_exception(better)
        else:
            with suppress(concurrent.futures.InvalidStateError):
                carried.set_result(result)

    def _cancel(self, futures: list[Future[Any]]) -> None:
        """Cancel what nobody asks for any more; but not because the process, or its client, ends.

        It is done in the client's loop, so that it can be asked for from anywhere.
        """
        client: Any = self._client
        if futures and client is not None and client.status == "running":
            self._unwanted.append(futures)
            with suppress(RuntimeError):  # its loop has just been closed
                client.loop.add_callback(self._settle)

    async def _settle(self) -> None:
        """Cancel what nobody asks for any more."""
        client: Any = self._client
        async with self._cancelling:
            while self._unwanted:
                futures = self._unwanted.popleft()
                with suppress(OSError):  # there is no scheduler any more
                    await client._cancel(futures)  # noqa: SLF001 - as `cancel` does

    # --- Before and beside -------------------------------------------------------------------

    def _ready(self) -> Any:
        """The client, when the cluster can take tasks; warns if workers differ from here."""
        client = self.get_client()
        installed = _code.packages()
        if installed != self._looked_at:
            self._looked_at = installed
            if self.asynchronous:
                client.loop.run_in_executor(None, self._look)
            else:
                self._look()
        return client

    def _look(self) -> None:
        with suppress(RamonError):
            changed = "; ".join(self._agent.changed(self.name, os.getcwd()))  # noqa: PTH109
            if changed and changed != self._warned_of:
                # Without a registry: Python would tell of only the first change.
                warnings.warn_explicit(
                    f"The workers have other packages than this notebook: {changed}. "
                    "cluster.sync_environment() gives them the same.",
                    EnvironmentChanged,
                    "<ramon>",
                    1,
                    registry=None,
                )
            self._warned_of = changed

    def _given(self, give: Callable[[], Any], things: Iterable[tuple[str, Any]]) -> Any:
        """What `give` returns; if one of the things can't be sent, the error names it."""
        # What Dask would log about that is pages long, and says less.
        noise = logging.getLogger("distributed.protocol.pickle")
        quiet, noise.disabled = noise.disabled, True
        try:
            with _sending.without_advice():
                return give()
        except RamonError:
            raise
        except Exception as error:
            raise unpicklable(things) or error from error
        finally:
            noise.disabled = quiet

    def _threads(self) -> int:
        running: int = sum(w["nthreads"] for w in self.scheduler_info["workers"].values())
        return max(1, running, self._wanted * self._vcpu)

    def _expect(self, calls: int) -> None:
        """Count calls for the progress bar; a new one begins when all before are done."""
        if self._done == self._total:
            self._done = self._total = 0
        self._total += calls

    def _count(self, futures: Collection[Future[Any]], sizes: Collection[int]) -> None:
        """Count calls, and be told when they are done."""
        self._expect(sum(sizes))
        self._follow(futures, sizes)

    def _follow(self, futures: Collection[Future[Any]], sizes: Collection[int]) -> None:
        self._flying.update(futures)
        for future, size in zip(futures, sizes, strict=True):
            future.add_done_callback(lambda done, size=size: self._landed_one(done, size))

    def _landed_one(self, future: Future[Any], size: int) -> None:
        self._flying.discard(future)
        if future.status in {"finished", "error"}:
            self._counted(size)
        elif future.client.status == "running":
            self._total -= size  # nobody wants it any more; what went with its cluster was wanted

    def _counted(self, size: int) -> None:
        self._done += size

    def _view(self) -> View:
        return replace(super()._view(), done=self._done, total=self._total)


async def _ended(future: Any) -> None:
    """Wait for the end of a Dask future, whichever it is."""
    await future._state.wait()  # noqa: SLF001 - what Dask has for it raises, or fetches


def _key(function: Callable[..., Any]) -> str:
    """A new key that starts with the function's name, as Dask's dashboard groups by it."""
    return f"{funcname(function)}-{uuid.uuid4().hex}"


class _Sender:
    """Sends the calls of one `map`, and fetches their results."""

    def __init__(self, tasks: Tasks, client: Any, call: Callable[..., Any]) -> None:
        self._tasks = tasks
        self._client = client
        self._function = _sending.function(call, client.shares)
        self._key = _key(call)

    def send(self, pieces: list[Piece], *, expected: bool) -> list[Sent]:
        """Send pieces; `expected` if their calls are counted already. Raises NotPicklable."""
        given = [_sending.calls(each.calls, each.first, self._client.shares) for each in pieces]
        futures = self._tasks._given(  # noqa: SLF001 - this is a part of it
            lambda: self._client.map(
                _calls.run_batch,
                [self._function.value] * len(pieces),
                [each.value for each in given],
                [each.futures for each in given],
                [each.first for each in pieces],
                key=[f"{self._key}-{each.first}" for each in pieces],
                pure=False,
                fifo_timeout="0 s",  # or pieces would run before those that were sent earlier
            ),
            _items(pieces),
        )
        sizes = [len(each.calls) for each in pieces]
        (self._tasks._follow if expected else self._tasks._count)(futures, sizes)  # noqa: SLF001
        shares = self._function.shares
        return [
            Sent(future, size, each.nbytes, [*shares, *each.shares])
            for future, size, each in zip(futures, sizes, given, strict=True)
        ]

    def cancel(self, futures: list[Future[Any]]) -> None:
        """Cancel futures, without waiting for it."""
        self._tasks._cancel(futures)  # noqa: SLF001 - as above

    def fetch(self, futures: list[Future[Any]], timeout: float | None) -> Any:
        """The batches, when the first of them is done; to be awaited if asynchronous."""
        return self._client.sync(self._fetched, futures, timeout)

    async def _fetched(self, futures: list[Future[Any]], seconds: float | None) -> Any:
        if not futures[0].done():
            async with asyncio.timeout(seconds):
                await _ended(futures[0])
        return await self._client.gather_as_sent(futures)

    def explained(self, error: BaseException) -> BaseException:
        """The error to raise instead of one that a task raised."""
        return explained(error, self._tasks)

    def left(self, calls: int) -> None:
        """So many calls that were expected are not made."""
        self._tasks._total -= calls  # noqa: SLF001 - as above


def _items(pieces: list[Piece]) -> Iterator[tuple[str, Any]]:
    for piece in pieces:
        for at, call in enumerate(piece.calls, piece.first):
            yield f"Item {at} of the map", call
