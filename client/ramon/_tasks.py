"""Calls of functions on the workers, as `concurrent.futures` has them."""

# distributed ships its types, but few of its functions have any.
# mypy: allow-untyped-calls

from __future__ import annotations

import concurrent.futures
import itertools
import logging
import os
import threading
import time
import uuid
import warnings
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar, cast

from dask.utils import funcname
from distributed.client import Future

from ramon import _calls
from ramon._client import explained
from ramon._scaling import Scaling
from ramon.errors import EnvironmentChanged, RamonError
from ramon.progress.view import View

T = TypeVar("T")

PIECES_PER_THREAD = 64
"""A long `map` is sent in so many pieces for each thread: the last piece of a thread is a 64th of
its work, so others wait for it hardly longer than for single calls."""

AT_ONCE = 64
"""Most pieces of a `map` whose results are fetched together."""

LOOK_SECONDS = 5.0
"""How often, at most, a call looks whether the notebook's environment has changed."""


class Tasks(Scaling, concurrent.futures.Executor):
    """The executor's side of a cluster."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._outstanding: weakref.WeakSet[concurrent.futures.Future[Any]] = weakref.WeakSet()
        self._looked_at, self._warned_of = 0.0, ""
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
        key = _key(fn)
        future = self._given(
            lambda: client.submit(_calls.run, _calls.pickled(fn), args, kwargs, key=key),
            _calls.arguments(args, kwargs),
        )
        return self._carried(future)

    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int | None = None,
    ) -> Iterator[T]:
        """Results of ``fn`` for each item, in order, as they are there.

        timeout: seconds from now until TimeoutError. chunksize: items that are sent as one task;
        many small ones are put together by themselves. When the iterator ends early, what has
        not begun is cancelled. Of an asynchronous cluster it is an asynchronous iterator.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        client = self._ready()
        calls = list(zip(*iterables, strict=False))
        size = chunksize or max(1, len(calls) // (PIECES_PER_THREAD * self._threads()))
        starts = range(0, len(calls), size)
        key, function = _key(fn), _calls.pickled(fn)
        futures = self._given(
            lambda: client.map(
                _calls.run_batch,
                [function] * len(starts),
                [calls[start : start + size] for start in starts],
                starts,
                key=[f"{key}-{start}" for start in starts],
                pure=False,
            ),
            ((f"Item {at} of the map", call) for at, call in enumerate(calls)),
        )
        self._count(futures, [min(size, len(calls) - start) for start in starts])
        if self.asynchronous:
            # What an asynchronous cluster gives is iterated by `async for`, which no type says.
            return cast(Iterator[T], self._in_turn(futures, deadline))
        return self._in_order(futures, deadline)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Stop the cluster when its futures are done, as an executor does; see also `close`."""
        self.shutdown_on_close = True
        if cancel_futures:
            for future in list(self._outstanding):
                future.cancel()
        if wait:
            concurrent.futures.wait(list(self._outstanding))
            self.close()
        else:
            threading.Thread(target=self.shutdown, name="shutdown of a cluster").start()

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> None:
        if exc_type is None:
            concurrent.futures.wait(list(self._outstanding))
        self.close()

    # --- One by one --------------------------------------------------------------------------

    def _carried(self, future: Future[Any]) -> concurrent.futures.Future[Any]:
        """A `concurrent.futures.Future` that ends as `future` does."""
        carried: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self._outstanding.add(carried)
        self._count([future], [1])

        def cancel(ended: concurrent.futures.Future[Any]) -> None:
            if ended.cancelled():
                future.cancel()

        carried.add_done_callback(cancel)
        self.get_client().loop.add_callback(self._carry, future, carried)
        return carried

    async def _carry(self, future: Future[Any], carried: concurrent.futures.Future[Any]) -> None:
        import asyncio

        try:
            result = await future._result()  # noqa: SLF001 - as Dask's own executor does
        except BaseException as error:  # noqa: BLE001 - a task may raise anything
            if future.cancelled() and carried.cancelled():
                carried.set_running_or_notify_cancel()
            else:
                better = await asyncio.to_thread(explained, error, self)
                with suppress(concurrent.futures.InvalidStateError):  # cancelled meanwhile
                    carried.set_exception(better)
        else:
            with suppress(concurrent.futures.InvalidStateError):
                carried.set_result(result)

    # --- In order ----------------------------------------------------------------------------

    def _in_order(self, futures: Collection[Future[Any]], deadline: float | None) -> Iterator[Any]:
        pending: deque[Any] = deque(futures)
        try:
            while pending:
                pending[0].exception(_left(deadline))
                for batch in self.get_client().gather(_ready_ones(pending)):
                    pending.popleft()
                    yield from batch
        finally:
            _cancel(pending)

    async def _in_turn(
        self, futures: Collection[Future[Any]], deadline: float | None
    ) -> AsyncIterator[Any]:
        import asyncio

        pending: deque[Any] = deque(futures)
        try:
            while pending:
                async with asyncio.timeout(_left(deadline)):
                    await pending[0].exception()
                for batch in await self.get_client().gather(_ready_ones(pending)):
                    pending.popleft()
                    for result in batch:
                        yield result
        finally:
            _cancel(pending)

    # --- Before and beside -------------------------------------------------------------------

    def _ready(self) -> Any:
        """The client, when the cluster can take tasks; warns if workers differ from here."""
        client = self.get_client()
        if time.monotonic() - self._looked_at > LOOK_SECONDS:
            self._looked_at = time.monotonic()
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
            return give()
        except RamonError:
            raise
        except Exception as error:
            raise _calls.unpicklable(things) or error from error
        finally:
            noise.disabled = quiet

    def _threads(self) -> int:
        running: int = sum(w["nthreads"] for w in self.scheduler_info["workers"].values())
        return max(1, running, self._wanted * self._vcpu)

    def _count(self, futures: Collection[Future[Any]], sizes: Collection[int]) -> None:
        """Count calls for the progress bar; a new one begins when all before are done."""
        if self._done == self._total:
            self._done = self._total = 0
        self._total += sum(sizes)
        for future, size in zip(futures, sizes, strict=True):
            future.add_done_callback(lambda _, size=size: self._counted(size))

    def _counted(self, size: int) -> None:
        self._done += size

    def _view(self) -> View:
        return replace(super()._view(), done=self._done, total=self._total)


def _key(function: Callable[..., Any]) -> str:
    """A new key that starts with the function's name, as Dask's dashboard groups by it."""
    return f"{funcname(function)}-{uuid.uuid4().hex}"


def _cancel(futures: Collection[Any]) -> None:
    """Cancel what nobody asks for any more; but not because the process, or its client, ends."""
    client = next(iter(futures)).client if futures else None
    if client is not None and client.status == "running":
        with suppress(RamonError):
            client.cancel(list(futures))


def _ready_ones(pending: deque[Any]) -> list[Any]:
    """The futures at the front that have ended, one at least."""
    ready = [pending[0]]
    for future in itertools.islice(pending, 1, AT_ONCE):
        if future.status != "finished":
            break
        ready.append(future)
    return ready


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())
