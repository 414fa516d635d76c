"""joblib's backend for Dask, whose calls go as those of `submit` do: with their errors."""

# joblib has no types.
# mypy: allow-untyped-calls, disable-error-code="import-untyped"

from __future__ import annotations

import asyncio
import concurrent.futures
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from joblib._dask import DaskDistributedBackend
from joblib._parallel_backends import _TracebackCapturingWrapper

_CANCELLED = "The cluster was shut down, and what it had not done was cancelled."


class Backend(DaskDistributedBackend):  # type: ignore[misc]  # joblib has no types
    """Dask's backend of joblib, on a cluster of ours.

    `options` are those of Dask's.
    """

    def __init__(self, cluster: Any, **options: Any) -> None:
        super().__init__(client=cluster.get_client(), **options)
        self._cluster = cluster
        self._live: weakref.WeakSet[concurrent.futures.Future[Any]] = weakref.WeakSet()

    def submit(
        self, func: Any, callback: Callable[[Any], None] | None = None
    ) -> concurrent.futures.Future[Any]:
        """Run a batch of calls; `callback` gets what it gave."""
        future: Any = concurrent.futures.Future()
        future.get = future.result  # as joblib wants it
        self.client.loop.add_callback(self._start, func, future, callback)
        return future  # type: ignore[no-any-return]  # it has one attribute more

    def retrieve_result_callback(self, out: Any) -> Any:
        """What a batch of calls gave. Raises what kept it from giving anything."""
        if isinstance(out, _Failed):
            raise out.error
        return super().retrieve_result_callback(out)

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Cancel what has not begun: one call has failed, or nobody wants the rest."""
        super().abort_everything(ensure_ready)
        for future in list(self._live):
            future.cancel()

    async def _start(
        self,
        func: Any,
        future: concurrent.futures.Future[Any],
        callback: Callable[[Any], None] | None,
    ) -> None:
        try:
            # Arguments that calls have in common become futures of Dask's.
            batch, tasks = await self._to_func_args(func)
            sent = await asyncio.to_thread(
                self._cluster.submit, _TracebackCapturingWrapper(batch), tasks=tasks
            )
        except BaseException as error:  # noqa: BLE001 - joblib raises it where it waits
            _fail(error, future, callback)
            return
        self._live.add(sent)
        sent.add_done_callback(lambda done: _pass_on(done, future, callback))


def _pass_on(
    done: concurrent.futures.Future[Any],
    future: concurrent.futures.Future[Any],
    callback: Callable[[Any], None] | None,
) -> None:
    if done.cancelled():
        _fail(concurrent.futures.CancelledError(_CANCELLED), future, callback)
    elif (error := done.exception()) is not None:
        _fail(error, future, callback)
    else:
        future.set_result(done.result())
        if callback:
            callback(done.result())


@dataclass
class _Failed:
    """Stands for what a batch of calls gave: nothing, but this error."""

    error: BaseException


def _fail(
    error: BaseException,
    future: concurrent.futures.Future[Any],
    callback: Callable[[Any], None] | None,
) -> None:
    """End a batch with an error; joblib waits for the callback, not for the future."""
    with suppress(concurrent.futures.InvalidStateError):  # joblib has cancelled it
        future.set_exception(error)
    if callback:
        callback(_Failed(error))
