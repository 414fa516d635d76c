"""Dask's own client, which also says why when a cluster has stopped or a task can't work."""

# distributed ships its types, but few of its functions have any.
# mypy: allow-untyped-calls

from __future__ import annotations

import asyncio
import inspect
import sys
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

import distributed
from distributed.client import ClosedClientError, FutureCancelledError, FuturesCancelledError
from distributed.comm.core import CommClosedError
from distributed.scheduler import KilledWorker

from ramon import _calls, _code, _lacking, _wire
from ramon._packed import Packed
from ramon._raised import Raised
from ramon._sending import Shares
from ramon.errors import RamonError

if TYPE_CHECKING:
    from ramon._known import Known

_wire.register()

_NO_SCHEDULER = (CommClosedError, ClosedClientError)
_CANCELLED = (FutureCancelledError, FuturesCancelledError)

OFFLOAD_BYTES = 1 << 20
"""Results that are larger than this in all are not unpickled where Dask's messages are read."""

_code.mark_tokens()

LOST = "scheduler-connection-lost"
"""Dask's reason of futures that were cancelled because there is no scheduler any more."""


class Client(distributed.Client):
    """A Dask client of one `ramon.Cluster`; everything Dask's client does, it does.

    Its results are kept when it is closed but its cluster goes on (`shutdown_on_close=False`):
    then it only hangs up, which the scheduler takes for a kernel that died.
    """

    cluster: Known
    _paths: tuple[list[str], list[str]] | None = None
    _marked = ""
    _unread = False
    _known_before: frozenset[Any] = frozenset()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.shares = Shares(self)
        self._asked: dict[str, asyncio.Event] = {}
        super().__init__(*args, **kwargs)

    def sync(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """As Dask's; errors say why the cluster stopped, or what a worker lacks."""
        try:
            result = super().sync(func, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - whatever a task raised
            better = explained(error, self.cluster)
        else:
            return self._later(result) if inspect.iscoroutine(result) else _told(result)
        raise better  # not above, where it would get another error for its context

    async def _later(self, result: Awaitable[Any]) -> Any:
        try:
            return _told(await result)
        except Exception as error:  # noqa: BLE001 - whatever a task raised
            better = await asyncio.to_thread(explained, error, self.cluster)
        raise better

    async def gather_as_sent(self, futures: Any) -> Any:
        """Results in the form in which they travel, see `ramon._calls`."""
        return await super()._gather(futures)

    async def _gather(self, futures: Any, *args: Any, **kwargs: Any) -> Any:
        """As Dask's, for what `submit` and `map` of a cluster sent too."""
        if self._unread:
            # What was told of older results may still be on its way here.
            self._unread = False
            await self.heard()
        results = await super()._gather(futures, *args, **kwargs)
        large = sum(map(sys.getsizeof, filter(_travels, _values(results)))) > OFFLOAD_BYTES
        return await asyncio.to_thread(_opened, results) if large else _opened(results)

    def map(self, *args: Any, **kwargs: Any) -> Any:
        """As Dask's, which makes a key of the function for each of its calls."""
        with _code.one_mark():
            return super().map(*args, **kwargs)

    def _graph_to_futures(self, expr: Any, keys: Any, *args: Any, **kwargs: Any) -> Any:
        """As Dask's, through which every call goes: with the code as it is now."""
        _code.warn_of_older()
        self._tell_paths()
        self._ask_again(keys)
        return super()._graph_to_futures(expr, keys, *args, **kwargs)

    def _tell_paths(self) -> None:
        """Tell the scheduler from which folders this kernel imports."""
        near, far = _code.paths()
        if (near, far) != self._paths:
            self._paths = near, far
            self._send_to_scheduler({"op": "ramon-paths", "near": near, "far": far})

    def _ask_again(self, keys: Any) -> None:
        """Don't take what is known of these keys for an answer if it is of before an edit."""
        marked = _code.mark()
        if marked != self._marked:
            self._marked, self._known_before = marked, frozenset(self.futures)
        again = self._known_before.intersection(keys)
        self._known_before -= again
        self._unread = self._unread or bool(again)
        for state in [self.futures[key] for key in again if key in self.futures]:
            if self.asynchronous or self.loop is None:
                state.retry()
            else:
                self.loop.add_callback(state.retry)

    def _send_to_scheduler(self, msg: dict[str, Any]) -> None:
        try:
            super()._send_to_scheduler(msg)
        except _NO_SCHEDULER as error:
            raise explained(error, self.cluster) from None

    async def heard(self) -> None:
        """Come back when the scheduler has read all that was sent to it until now."""
        ask, heard = uuid.uuid4().hex, asyncio.Event()
        self._asked[ask] = heard
        nothing = {"keys": [], "force": False, "reason": None, "msg": ask}
        try:
            self._send_to_scheduler({"op": "cancel-keys", **nothing})
            await heard.wait()
        finally:
            del self._asked[ask]

    def _handle_cancelled_keys(self, keys: Any, reason: Any = None, msg: Any = None) -> None:
        if msg in self._asked:
            self._asked[msg].set()
        super()._handle_cancelled_keys(keys, reason, msg)

    async def _reconnect(self) -> None:
        """As Dask's, which would look for 30 s for a scheduler that has ended for good."""
        if await asyncio.to_thread(self.cluster.why_stopped, 3):
            for state in self.futures.values():
                state.cancel(reason=LOST)
            self.futures.clear()
            await self._close()
        else:
            await super()._reconnect()

    async def _close(self, fast: bool = False) -> None:
        comm = self.scheduler_comm
        if comm is not None and not self.cluster.shutdown_on_close and not comm.closed():
            comm.abort()
        await super()._close(fast=fast)


def _travels(value: Any) -> bool:
    return isinstance(value, (Packed, _calls.Part))


def _values(results: Any) -> Iterable[Any]:
    if isinstance(results, dict):
        return results.values()
    return results if type(results) in {list, tuple, set, frozenset} else ()


def _opened(results: Any) -> Any:
    """What was gathered, with the results of our own calls unpacked wherever Dask may put them."""
    if not any(map(_travels, _values(results))):
        return _calls.opened(results)
    if isinstance(results, dict):
        return {key: _calls.opened(value) for key, value in results.items()}
    return type(results)(_calls.opened(value) for value in results)


def _told(result: Any) -> Any:
    """What is asked for; an error that is asked for is the task's own."""
    return result.error() if isinstance(result, Raised) else result


def explained(error: BaseException, cluster: Known) -> BaseException:
    """The error to raise instead of `error`, or `error` with a note of what to do. May take 5 s.

    What Python or Dask raise stays what it is, so that programs can catch it as they are used to;
    only a lost scheduler, which nobody can do anything about, becomes `ClusterStopped`.
    """
    if isinstance(error, Raised):
        error = error.error()
    elif isinstance(error, RamonError):
        return error
    elif lost(error):
        return cluster.why_stopped(patience=5) or error
    elif isinstance(error, _CANCELLED):
        return cluster.why_stopped() or error
    for cause in _causes(error):
        if text := _advice(cause, cluster):
            _note(error, text)
    return error


def _advice(cause: BaseException, cluster: Known) -> str | None:
    """What to do about an error that workers have and this kernel might not."""
    if isinstance(cause, ModuleNotFoundError):
        return _lacking.module(cause.name, cluster.name)
    if isinstance(cause, FileNotFoundError):
        return _lacking.file(cause.filename, cluster.name)
    return _killed(cluster) if isinstance(cause, KilledWorker) else None


def lost(error: BaseException) -> bool:
    """Whether `error` means that the scheduler can't be reached any more."""
    if isinstance(error, FuturesCancelledError):
        return any(lost(each) for group in error.error_groups for each in group.errors)
    return isinstance(error, _NO_SCHEDULER) or (
        isinstance(error, FutureCancelledError) and error.reason == LOST
    )


def _killed(cluster: Known) -> str:
    info = cluster.info
    memory = f" ({info.memory_gib} GiB)" if info else ""
    return (
        "Each worker that tried it died. Either the task ended its process (sys.exit in what "
        "get_client() sent, os._exit, a crash of a library), or it needs more memory than a worker "
        f'has{memory}: then give the next cluster more, like ramon.Cluster(memory="32 GiB"), or '
        "each task less. `cluster.get_logs()` shows which it was."
    )


def _causes(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    at: BaseException | None = error
    # By identity: an error's own comparison may raise anything.
    while at is not None and not any(at is each for each in chain):
        chain.append(at)
        at = at.__cause__ or at.__context__
    return chain


def _note(error: BaseException, text: str) -> None:
    # In its own dict, for its class may have closed its attributes.
    notes = vars(error).setdefault("__notes__", [])
    if text not in notes:
        notes.append(text)
