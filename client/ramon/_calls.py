"""A call on its way to a worker, and its result on the way back.

A function is pickled once for all calls of it, and a worker keeps the last few that it unpickled.
Workers import this module and those that it imports, and nothing else of the library.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import pickle
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from ramon import _code
from ramon._packed import Packed, Shared, name_of, not_sent
from ramon._raised import Raised, shortened
from ramon.errors import NotPicklable

SHARED = "ramon-shared-"
"""How keys of Dask begin that hold what several calls have in common."""

ASK_SECONDS = 0.05
"""How often, at most, some calls look whether anybody still wants them."""

PLAIN = frozenset({int, float, complex, bool, str, bytes, type(None)})
"""Types whose values can be unpickled whatever happens."""

Function = bytes | Shared
"""A function, pickled; a large one is sent once, before its calls."""

log = logging.getLogger(__name__)


class Slot:
    """The place of an argument that was sent before its call, among those given with it."""

    __slots__ = ("at",)

    def __init__(self, at: int) -> None:
        self.at = at


class Part:
    """Results of some calls of one `map` that follow each other; an iterator gives them.

    packed: the list of results, or, where that can't be unpickled as a whole, each of them.
    seconds: how long the calls took. failed: the error of the call after the last of these, if
        that failed; those after it were not made.
    """

    def __init__(
        self,
        packed: Packed | list[Packed],
        count: int,
        seconds: float,
        failed: Raised | None = None,
    ) -> None:
        self.packed = packed
        self.count = count
        self.seconds = seconds
        self.failed = failed

    @property
    def nbytes(self) -> int:
        """How large it is, in bytes."""
        if isinstance(self.packed, Packed):
            return self.packed.nbytes
        return sum(each.nbytes for each in self.packed)

    def __len__(self) -> int:
        return self.count

    def __sizeof__(self) -> int:
        return self.nbytes

    def __iter__(self) -> Iterator[Any]:
        """The results; raises NotPicklable at the first that can't be unpickled."""
        if isinstance(self.packed, Packed):
            yield from self.packed.open()
        else:
            yield from (each.open() for each in self.packed)


class Batch(list[Any]):
    """What was a `Part` in files of saved results that were written before there were parts."""


def run(function: Function, given: Any, shared: Sequence[Shared] = ()) -> Packed:
    """One call; `given` are its arguments and those by name, packed unless Dask has to see them."""
    raised: BaseException
    try:
        call = loaded(function)
        args, kwargs = given.open() if isinstance(given, Packed) else given
        opened = {name: _filled(value, shared) for name, value in kwargs.items()}
        result = _called(call, [_filled(value, shared) for value in args], opened)
        return _result(result, f"The result of {name_of(call)}()")
    except BaseException as error:  # noqa: BLE001 - a task may raise anything
        raised = _taken(error)
    raise raised  # not above, where Dask would try to send the error that it had for its context


def run_batch(function: Function, given: Any, shared: Sequence[Shared], first: int) -> Part:
    """Some calls of a `map`, of which `first` is the place of the first."""
    raised: BaseException
    try:
        call = loaded(function)
        calls = given.open() if isinstance(given, Packed) else given
        return _made(call, calls, shared, first)
    except BaseException as error:  # noqa: BLE001 - a task may raise anything
        raised = _taken(error)
    raise raised


def share(packed: Packed) -> Shared:
    """The task that holds what several calls have in common."""
    return Shared(packed)


def loaded(function: Function) -> Callable[..., Any]:
    """The function, always the same object for the same bytes and the same code."""
    call: Callable[..., Any]
    call = (
        function.open() if isinstance(function, Shared) else _unpickled(function, _code.version())
    )
    return call


def flat(results: Mapping[str, Any]) -> dict[str, Any]:
    """Results by key, with one key for each call of a `map` instead of one for some of them.

    What can't be unpickled here is left out.
    """
    return dict(_flat(results))


def opened(value: Any) -> Any:
    """What a task returned, where `value` is the form in which it travels.

    Raises NotPicklable, and Raised for the error of the calls of a map.
    """
    if isinstance(value, Packed):
        return value.open()
    if isinstance(value, Part):
        if value.failed is not None:
            raise value.failed
        return list(value)
    return value


def _flat(results: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in results.items():
        try:
            if isinstance(value, Part | Batch):
                stem, _, first = key.rpartition("-")
                pairs = [(f"{stem}-{at}", each) for at, each in enumerate(value, int(first))]
            else:
                pairs = [(key, opened(value))]
        except NotPicklable as error:
            log.warning("%s is left out: %s", key, error)
        else:
            yield from pairs


def _made(
    call: Callable[..., Any], calls: Sequence[Any], shared: Sequence[Shared], first: int
) -> Part:
    results: list[Any] = []
    failed, began = None, time.monotonic()
    asked = began
    for place, args in enumerate(calls, first):
        if time.monotonic() - asked > ASK_SECONDS:
            if not _wanted():
                break
            asked = time.monotonic()
        try:
            results.append(_called(call, [_filled(value, shared) for value in args], {}))
        except BaseException as error:  # noqa: BLE001 - a task may raise anything
            failed = _failed(error, place)
            break
    seconds = time.monotonic() - began
    packed, unsent = _packed(results, name_of(call), first)
    return Part(
        packed, len(packed) if isinstance(packed, list) else len(results), seconds, unsent or failed
    )


def _packed(
    results: list[Any], name: str, first: int
) -> tuple[Packed | list[Packed], Raised | None]:
    """The results, and the error of the first that can't be sent; what comes after it is lost."""
    try:
        packed = Packed.of(results, f"A result of {name}()", futures=True)
        if not all(type(result) in PLAIN for result in results):
            packed.open()
    except BaseException:  # noqa: BLE001 - a result's own pickling may raise anything
        return _one_by_one(results, name, first)
    return packed, None


def _one_by_one(results: list[Any], name: str, first: int) -> tuple[list[Packed], Raised | None]:
    packed: list[Packed] = []
    for place, result in enumerate(results, first):
        try:
            packed.append(_result(result, f"The result of {name}() for item {place} of the map"))
        except BaseException as error:  # noqa: BLE001 - as above
            return packed, _failed(error, place)
    return packed, None


def _result(result: Any, what: str) -> Packed:
    try:
        return Packed.of(result, what, futures=True)
    except (Exception, SystemExit, GeneratorExit) as error:  # noqa: BLE001 - as above
        raise not_sent(f"{what} ({type(result).__name__}) can't be sent back", error) from None


def _called(call: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What the call returns; a coroutine is run in a loop of its own."""
    result = call(*args, **kwargs)
    return asyncio.run(result) if inspect.iscoroutine(result) else result


def _filled(value: Any, shared: Sequence[Shared]) -> Any:
    return shared[value.at].open() if isinstance(value, Slot) else value


def _failed(error: BaseException, place: int) -> Raised:
    raised = Raised.of(error, skip=__file__)
    raised.add_note(f"It was raised for item {place} of the map.")
    said = "".join(traceback.format_exception(error, limit=-10))
    log.warning("Item %d of a map failed:\n%s", place, said)
    return raised


def _taken(error: BaseException) -> BaseException:
    """The error as it travels; what Dask itself raises to steer a task stays as it is."""
    from distributed.exceptions import Reschedule

    if isinstance(error, Reschedule):
        return error
    # With its frames, for the worker's log.
    raised = Raised.of(error, skip=__file__)
    return raised.with_traceback(shortened(error.__traceback__, __file__))


def _wanted() -> bool:
    """Whether somebody still waits for the task that this thread runs."""
    from distributed import utils
    from distributed.worker import get_worker

    thread_state: Any = vars(utils)["thread_state"]  # Dask's own, in none of its types
    key = getattr(thread_state, "key", None)
    if key is None:
        return True
    task = get_worker().state.tasks.get(key)
    return task is not None and task.state != "cancelled"


if "distributed" in sys.modules:  # as on every worker; `saved_results` does without
    import_module("ramon._wire").register()


@functools.lru_cache(maxsize=32)
def _unpickled(function: bytes, _version: str) -> Callable[..., Any]:
    with _code.loading():
        unpickled: Callable[..., Any] = pickle.loads(function)  # noqa: S301 - our own user's
    return unpickled
