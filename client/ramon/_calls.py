"""A call on its way to a worker: pickled here, with an error that names what can't be, run there.

A function is pickled once for all calls of it, and a worker keeps the last few that it unpickled.
Workers import this module, and nothing else of the library.
"""

# cloudpickle has no types.
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import functools
import inspect
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ramon import _code
from ramon.errors import NotPicklable


class Batch(list[Any]):
    """Results of some calls of one `map` that follow each other."""


def run(function: bytes, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """One call."""
    return _loaded(function)(*args, **kwargs)


def run_batch(function: bytes, calls: Sequence[tuple[Any, ...]], first: int) -> Batch:
    """Some calls of a `map`, of which `first` is the place of the first."""
    call, results = _loaded(function), Batch()
    for place, args in enumerate(calls, first):
        try:
            results.append(call(*args))
        except Exception as error:
            error.add_note(f"It was raised for item {place} of the map.")
            raise
    return results


def flat(results: Mapping[str, Any]) -> dict[str, Any]:
    """Results by key, with one key for each call of a `map` instead of one for some of them."""
    return dict(_flat(results))


def _flat(results: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in results.items():
        if isinstance(value, Batch):
            stem, _, first = key.rpartition("-")
            yield from ((f"{stem}-{place}", each) for place, each in enumerate(value, int(first)))
        else:
            yield key, value


@functools.lru_cache(maxsize=32)
def _loaded(function: bytes) -> Callable[..., Any]:
    with _code.loading():
        loaded: Callable[..., Any] = pickle.loads(function)  # noqa: S301 - our own user's function
    return loaded


def pickled(function: Callable[..., Any]) -> bytes:
    """A function as bytes. Raises NotPicklable, which names what of it can't be sent."""
    import cloudpickle

    try:
        # Behind its end, where it does no harm: a worker that knows these bytes keeps the function.
        return bytes(cloudpickle.dumps(function)) + _code.mark().encode()
    except Exception as error:
        raise unpicklable(_parts(function)) or error from error


def unpicklable(things: Iterable[tuple[str, Any]]) -> NotPicklable | None:
    """The first of these things, each with words for it, that can't be sent to a worker."""
    import cloudpickle

    for what, thing in things:
        try:
            cloudpickle.dumps(thing)
        except Exception as error:  # noqa: BLE001 - an object's own pickling may raise anything
            return NotPicklable(
                f"{what} can't be sent to the workers: {_first_line(error)}. Open files, "
                "connections, locks and the like belong to one process; make them inside of the "
                "function instead."
            )
    return None


def arguments(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The arguments of a call, with words for each."""
    for place, value in enumerate(args):
        yield f"Argument {place} ({type(value).__name__})", value
    for name, value in kwargs.items():
        yield f"Argument {name!r} ({type(value).__name__})", value


def _parts(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """What a function brings along, with words for each, and then itself."""
    name = getattr(function, "__name__", repr(function))
    if isinstance(function, functools.partial):
        yield from arguments(function.args, function.keywords)
    elif inspect.isfunction(function):
        used = inspect.getclosurevars(function)
        for key, value in {**used.nonlocals, **used.globals}.items():
            yield f"{key!r}, which {name}() uses,", value
    yield f"The function {name}()", function


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
