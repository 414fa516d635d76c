"""What calls carry to the workers: packed, with what is large sent once before them.

A large closure, or an argument that many calls have in common, would otherwise be in each task,
and on a worker as often as there are tasks. It becomes a task of its own instead, whose result the
calls depend on: Dask moves it to each worker once, makes it again when a worker is lost, and frees
it when no call needs it any more.
"""

# distributed ships its types, but few of its functions have any. cloudpickle has none.
# mypy: allow-untyped-calls

from __future__ import annotations

import threading
import uuid
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dask

from ramon import _calls
from ramon._packed import HoldsFutures, Packed, arguments, inline, name_of, parts, unpicklable

LARGE = 1 << 20
"""Bytes from which something is sent once."""

LINGER_SECONDS = 10.0
"""How long it stays on the workers when it was needed again, for a next call that needs it too."""

REMEMBERED = 256
"""Things that were sent of which it is known that they are sent again."""

_NO_WARNING = {"distributed.admin.large-graph-warning-threshold": "1024 PiB"}
"""Dask advises its own ways to send large things once; here that is done already."""

_quiet = threading.Lock()


@dataclass(eq=False)
class Given:
    """What a call, or some calls of a `map`, are given.

    value: for `run` or `run_batch`. shares: what was sent before. nbytes: as far as it is known.
    """

    value: Any
    shares: list[Share] = field(default_factory=list)
    nbytes: int = 0

    @property
    def futures(self) -> list[Any]:
        """Dask's futures of what was sent before."""
        return [share.future for share in self.shares]


@dataclass(eq=False)
class Share:
    """Something that is on the workers for as long as somebody holds this."""

    future: Any


class Shares:
    """What a client has sent once, by its contents."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._known: weakref.WeakValueDictionary[str, Share] = weakref.WeakValueDictionary()
        self._sent_before: deque[str] = deque(maxlen=REMEMBERED)
        self._lock = threading.Lock()

    def of(self, packed: Packed) -> Share:
        """The share with these contents; it is sent if it is not on its way or there."""
        name = packed.digest()
        with self._lock:
            share = self._known.get(name)
            if share is None or share.future.status not in {"pending", "finished"}:
                share = self._known[name] = self._sent(name, packed)
            again = name in self._sent_before
            if not again:
                self._sent_before.append(name)
        if again:
            loop = self._client.loop
            loop.add_callback(loop.call_later, LINGER_SECONDS, _let_go, share)
        return share

    def _sent(self, name: str, packed: Packed) -> Share:
        key = f"{_calls.SHARED}{name}-{uuid.uuid4().hex}"
        with without_advice():
            return Share(self._client.submit(_calls.share, packed.copied(), key=key))


def function(call: Callable[..., Any], shares: Shares) -> Given:
    """A function, packed or sent. Raises NotPicklable, which names what of it can't be sent."""
    try:
        data = inline(call)
        if len(data) <= LARGE:
            return Given(data)
        share = shares.of(Packed.aside(call, f"The function {name_of(call)}()", futures=True))
    except Exception as error:
        raise unpicklable(parts(call)) or error from error
    return Given(share.future, [share])


def call(args: Sequence[Any], kwargs: dict[str, Any], shares: Shares) -> Given:
    """The arguments of one call. Raises NotPicklable, which names the one that can't be sent."""
    try:
        packed = Packed.aside((args, kwargs), "An argument")
    except HoldsFutures:
        return Given((args, kwargs))
    except Exception as error:
        raise unpicklable(arguments(args, kwargs)) or error from error
    if packed.nbytes <= LARGE:
        return Given(packed.copied(), [], packed.nbytes)
    sending = _Sending(shares)
    sent = [sending.slot(value) for value in args]
    named = {name: sending.slot(value) for name, value in kwargs.items()}
    return sending.given((sent, named), "An argument")


def calls(some: Sequence[Sequence[Any]], first: int, shares: Shares) -> Given:
    """The arguments of some calls of a `map`, of which `first` is the place of the first."""
    try:
        packed = Packed.aside(some, f"An item of the map from {first} on")
    except HoldsFutures:
        return Given(some)
    except Exception as error:
        named = ((f"Item {at} of the map", args) for at, args in enumerate(some, first))
        raise unpicklable(named) or error from error
    if packed.nbytes <= LARGE:
        return Given(packed.copied(), [], packed.nbytes)
    sending = _Sending(shares)
    return sending.given([[sending.slot(value) for value in args] for args in some], packed.what)


def sendable(some: Sequence[Sequence[Any]]) -> int:
    """How many of the first of these calls can be sent, before one can't."""
    for at, args in enumerate(some):
        if unpicklable([("", args)]):
            return at
    return len(some)


class _Sending:
    """Sends the large ones of some arguments before them."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self._sent: list[Share] = []

    def slot(self, value: Any) -> Any:
        """The value, or where a worker finds it."""
        if isinstance(value, (int, float, complex, bool, type(None))):
            return value
        packed = Packed.aside(value, f"An argument ({type(value).__name__})")
        if packed.nbytes <= LARGE:
            return value
        share = self._shares.of(packed)
        if share not in self._sent:
            self._sent.append(share)
        return _calls.Slot(self._sent.index(share))

    def given(self, value: Any, what: str) -> Given:
        packed = Packed.aside(value, what)
        return Given(packed.copied(), self._sent, packed.nbytes)


@contextmanager
def without_advice() -> Iterator[None]:
    """Have Dask send what is large without a word."""
    with _quiet, dask.config.set(_NO_WARNING):
        yield


def _let_go(_: Share) -> None:
    """Called when a share has lingered: the timer held it until now."""
