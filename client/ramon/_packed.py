"""Values on their way between a kernel and its workers, and errors that name what can't travel.

Dask would pickle a result only when somebody fetches it, together with others: one that can't be
pickled or unpickled then spoils all of them, and logs pages. A `Packed` always travels. Workers
import this module too.
"""

# cloudpickle has no types.
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import functools
import hashlib
import inspect
import io
import pickle
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ramon import _code
from ramon._raised import packed as packed_error
from ramon.errors import NotPicklable

BESIDE = 1 << 16
"""Bytes of a pickle that is moved without being copied once more."""

MOST_COPIED = 64 << 20
"""Bytes of a result that are copied, so that a later call may change the arrays that it came in."""

Named = Iterable[tuple[str, Any]]
"""Things, each with words for it."""


class HoldsFutures(Exception):
    """A value holds Dask's futures, which only Dask can turn into their results."""


class Packed:
    """A pickled value. What arrays hold is beside the pickle, and is not copied.

    what: words for the value, for errors, such as "The result of f()".
    """

    __slots__ = ("_buffers", "_data", "what")

    def __init__(self, data: Any, buffers: Sequence[Any] = (), what: str = "A value") -> None:
        self._data = data
        self._buffers = buffers
        self.what = what

    @classmethod
    def of(cls, value: Any, what: str = "A value", *, futures: bool = False) -> Packed:
        """Pickle `value` as it is now. It holds what arrays hold, if that is not too much to copy.

        Raises whatever its own pickling does; HoldsFutures unless allowed.
        """
        packed = cls.aside(value, what, futures=futures)
        return packed if packed.nbytes > MOST_COPIED else packed.copied()

    @classmethod
    def aside(cls, value: Any, what: str = "A value", *, futures: bool = False) -> Packed:
        """Pickle `value`, but for what arrays hold, which must not be changed from now on."""
        buffers: list[pickle.PickleBuffer] = []
        return cls(_dumped(value, buffers.append, futures=futures), buffers, what)

    def copied(self) -> Packed:
        """The same, with copies of what arrays hold: whoever has these may change them."""
        return Packed(self._data, _copies(self._buffers), self.what)

    @property
    def nbytes(self) -> int:
        """How large it is, in bytes."""
        return len(self._data) + sum(memoryview(buffer).nbytes for buffer in self._buffers)

    def open(self) -> Any:
        """The value. Raises NotPicklable, which names it, when it can't be made here."""
        try:
            with _code.loading():
                return pickle.loads(self._data, buffers=self._buffers)  # noqa: S301 - our user's
        except (Exception, SystemExit, GeneratorExit) as error:  # noqa: BLE001 - a class's own
            raise NotPicklable(
                f"{self.what} can't be unpickled: {type(error).__name__}: {_first_line(error)}. "
                "Return numbers, text, arrays, or lists and dicts of them instead."
            ) from None

    def digest(self) -> str:
        """A name for what it holds: two with equal bytes have the same."""
        summed = hashlib.blake2b(self._data, digest_size=16)
        for buffer in self._buffers:
            summed.update(memoryview(buffer).cast("B"))
        return summed.hexdigest()

    def __sizeof__(self) -> int:
        return self.nbytes

    def __reduce_ex__(self, protocol: Any) -> Any:
        if protocol < 5:
            return Packed, (bytes(self._data), _copies(self._buffers), self.what)
        views = [memoryview(buffer) for buffer in self._buffers]
        data = pickle.PickleBuffer(self._data) if len(self._data) > BESIDE else bytes(self._data)
        return Packed, (data, [pickle.PickleBuffer(view) for view in views], self.what)


class Shared:
    """A packed value that calls on a worker have in common.

    A process unpacks it once for each version of the workspace's code, and keeps the last of it.
    """

    __slots__ = ("_lock", "_value", "packed")

    def __init__(self, packed: Packed) -> None:
        self.packed = packed
        self._value: tuple[str, Any] | None = None
        self._lock = threading.Lock()

    def open(self) -> Any:
        """The value, always the same object for calls of one version."""
        version = _code.version()
        with self._lock:
            if self._value is None or self._value[0] != version:
                self._value = version, self.packed.open()
            return self._value[1]

    def __sizeof__(self) -> int:
        return self.packed.nbytes

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Shared, (self.packed,)


def inline(value: Any) -> bytes:
    """A pickle with all that it needs in it."""
    return _dumped(value, None, futures=True)


def unpicklable(things: Named) -> NotPicklable | None:
    """The first of these things, each with words for it, that can't be sent to a worker."""
    for what, thing in things:
        try:
            _dumped(thing, lambda _: None)
        except HoldsFutures:
            continue
        except Exception as error:  # noqa: BLE001 - an object's own pickling may raise anything
            return not_sent(f"{what} can't be sent to the workers", error)
    return None


def not_sent(what: str, error: BaseException) -> NotPicklable:
    """The error that says so, and what to do."""
    return NotPicklable(
        f"{what}: {_first_line(error)}. Generators, open files, connections, locks and the like "
        "belong to one process; make and use them inside of the function."
    )


def arguments(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The arguments of a call, with words for each."""
    for place, value in enumerate(args):
        yield f"Argument {place} ({type(value).__name__})", value
    for name, value in kwargs.items():
        yield f"Argument {name!r} ({type(value).__name__})", value


def parts(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """What a function brings along, with words for each, and then itself."""
    name = name_of(function)
    if isinstance(function, functools.partial):
        yield from arguments(function.args, function.keywords)
    elif inspect.isfunction(function):
        used = inspect.getclosurevars(function)
        for key, value in {**used.nonlocals, **used.globals}.items():
            yield f"{key!r}, which {name}() uses,", value
    yield f"The function {name}()", function


def name_of(function: Any) -> str:
    """The name of a function, or of the class of what is called like one."""
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "__name__", type(function).__name__))


def _dumped(
    value: Any, beside: Callable[[pickle.PickleBuffer], object] | None, *, futures: bool = False
) -> bytes:
    file = io.BytesIO()
    pickler = _pickler(futures)(file, protocol=5, buffer_callback=beside)
    with _code.loading():
        pickler.dump(value)
    return file.getvalue()


def _copies(buffers: Iterable[Any]) -> list[bytes | bytearray]:
    views = [memoryview(buffer) for buffer in buffers]
    return [bytes(view) if view.readonly else bytearray(view) for view in views]


@functools.cache
def _pickler(futures: bool) -> Any:
    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types
        def reducer_override(self, obj: Any) -> Any:
            if not futures and _is_future(obj):
                raise HoldsFutures
            if isinstance(obj, BaseException):
                return packed_error(obj)
            if isinstance(obj, io.TextIOWrapper) and obj not in {sys.stdout, sys.stderr}:
                raise TypeError(f"cannot pickle an open file, {obj.name!r}")  # cloudpickle reads it
            return super().reducer_override(obj)

    return Pickler


def _is_future(thing: Any) -> bool:
    client = sys.modules.get("distributed.client")
    return client is not None and isinstance(thing, client.Future)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
