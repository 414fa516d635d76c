"""The one way to write a sweep: each item by itself, accounts in turn, side by side, within a time.

    _SWEEP = Sweep("idle_sweep")

    def stop_idle() -> None:
        _SWEEP.over(due, "an idle server was not stopped", _stop_if_idle)

A row that can't be read, or an item whose work fails, is logged as an error and left to the next
run; all other items get their turn. Errors of scheduled functions ring an alarm. An account with
many items takes no more turns than others. When the time of a run is over, or it is killed, the
next run goes on where it stopped, even if the item there has ended meanwhile. What was begun when
a run was killed comes last then: it may be what killed it.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, TypeVar

from chalicelib.core import clock, sweep_places
from chalicelib.core.db import UNREADABLE
from chalicelib.core.observability import log, surviving

_T = TypeVar("_T")

MAY_SWEEP = ("delete, get, put sweep_places",)
"""What a function may do, by names of grants, to remember where its sweep stopped."""
AT_ONCE = 8
"""Items that a sweep works on side by side: its work is waiting for AWS."""
_NOTE_SECONDS = 10
"""So often a run that goes on notes where it is, in case that it is killed."""
_UNDER_WAY = "(under way)"
"""Such a note has this as its first name; an item of this name there is not."""
_MOST_NOTED = 200
"""Names that such a note has, so that it costs little; the others follow in their order."""
_MOST_UNREADABLE = 1000
"""So many in one listing are not bad rows but a bad release; then the sweep itself fails."""


def _account_of(item: Any) -> str:
    return str(item.account_id)


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep over items of all accounts.

    name: under this it remembers where it stopped.
    seconds: how long it begins work on items; what was begun may take longer.
    one_of_an_account: an account's items are worked on one after the other. For work that writes
    the same rows for all of them, which would only stand in its own way.
    """

    name: str
    seconds: float = 40
    one_of_an_account: bool = False

    def over(
        self,
        items: Iterable[_T],
        what: str,
        work: Callable[[_T], object],
        *,
        account_of: Callable[[_T], str] = _account_of,
    ) -> int:
        """Do `work` for every item that there is time for; gives how many of them failed.

        `what` is logged of an item that fails: "a server was not stopped". Raises what listing the
        items raises, unless a single row of them can't be read.
        """
        since = sweep_places.read(self.name)
        order = in_turns(list(readable(what, items)), account_of, since)
        # After a run that was killed: what kills the next one must not be begun with once more.
        note_every = 0 if _UNDER_WAY in since else _NOTE_SECONDS
        run = _Run(self, deque(order), account_of, bool(since), note_every)
        failed = _work_through(run, what, work)
        if failed:
            log.warning("a sweep left items to its next run", what=what, failed=failed)
        if run.left:
            log.error("a sweep had no time for all", sweep=self.name, what=what, left=len(run.left))
        if run.left or run.is_noted:
            sweep_places.write(self.name, [_name(item) for item in run.left])
        return failed


def in_turns(
    items: Sequence[_T], account_of: Callable[[_T], str], left: Sequence[str] = ()
) -> list[_T]:
    """The items, one of each account after the other, beginning with what was left, in its order.

    `left` are names of items, or of the first of them: the others follow in the order of `items`.
    Those that are not there any more are passed over. Within an account items keep their order,
    and go round from the first that was left.
    """
    rank = {name: place for place, name in enumerate(left)}
    accounts: dict[str, deque[_T]] = {}
    for item in _from_last_named(items, rank):
        accounts.setdefault(account_of(item), deque()).append(item)
    first: dict[str, int] = {}
    for account, own in accounts.items():
        ranks = [rank.get(_name(item), len(rank)) for item in own]
        first[account] = min(ranks)
        own.rotate(-ranks.index(first[account]))
    turns = deque(accounts[account] for account in sorted(accounts, key=first.__getitem__))
    order = []
    while turns:
        own = turns.popleft()
        order.append(own.popleft())
        if own:
            turns.append(own)
    return order


def _from_last_named(items: Sequence[_T], rank: Mapping[str, int]) -> list[_T]:
    """The items, going round from the one whose name comes last."""
    named = [place for place, item in enumerate(items) if _name(item) in rank]
    first = max(named, key=lambda place: rank[_name(items[place])], default=0)
    return [*items[first:], *items[:first]]


@dataclass(slots=True)
class _Run(Generic[_T]):
    """One run of a sweep: what is left of it, and whose items are being worked on."""

    sweep: Sweep
    left: deque[_T]
    account_of: Callable[[_T], str]
    is_noted: bool
    note_every: float
    deadline: float = 0
    note_at: float = 0
    busy: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.deadline = clock.monotonic() + self.sweep.seconds

    def take(self) -> _T | None:
        """The next item; None when there is none, or no time to begin with it."""
        with self.lock:
            if clock.monotonic() >= self.deadline:
                return None
            place = self._next_place()
            if place is None:
                return None
            item = self.left[place]
            del self.left[place]
            self.busy.add(self.account_of(item))
            return item

    def _next_place(self) -> int | None:
        """Whoever has an item of an account takes its next one too: nobody need wait for it."""
        if not self.sweep.one_of_an_account:
            return 0 if self.left else None
        places = enumerate(self.left)
        return next((at for at, item in places if self.account_of(item) not in self.busy), None)

    def done(self, item: _T) -> None:
        """The work on an item is over."""
        with self.lock:
            self.busy.discard(self.account_of(item))

    def note(self) -> None:
        """Note what is left, if it is time to: nothing tells a run that it will be killed."""
        with self.lock:
            now = clock.monotonic()
            if not self.left or now < self.note_at:
                return
            self.note_at, self.is_noted = now + self.note_every, True
            names = [_name(item) for item in islice(self.left, _MOST_NOTED)]
            with surviving("a sweep could not note where it is", sweep=self.sweep.name):
                sweep_places.write(self.sweep.name, [_UNDER_WAY, *names])


def _work_through(run: _Run[_T], what: str, work: Callable[[_T], object]) -> int:
    """Do the work side by side until the deadline; gives how many items failed."""
    outcomes: list[bool] = []

    def take_turns(item: _T | None) -> None:
        while item is not None:
            outcomes.append(_survives(what, item, work))
            run.done(item)
            item = run.take()
            run.note()

    first = [item for item in (run.take() for _ in range(AT_ONCE)) if item is not None]
    run.note()
    if len(first) == 1:
        take_turns(first[0])
    elif first:
        with ThreadPoolExecutor(len(first)) as pool:
            for done in [pool.submit(take_turns, item) for item in first]:
                done.result()
    return outcomes.count(False)


def _survives(what: str, item: _T, work: Callable[[_T], object]) -> bool:
    undone = [item]
    with surviving(what, subject=_name(item)):
        work(item)
        undone.clear()
    return not undone


def each(what: str, items: Iterable[_T], work: Callable[[_T], object]) -> int:
    """Do `work` for each of a few items that belong together; gives how many of them failed.

    A sweep over items of all accounts is a `Sweep`.
    """
    outcomes = [_survives(what, item, work) for item in readable(what, items)]
    return outcomes.count(False)


def readable(what: str, items: Iterable[_T]) -> Iterator[_T]:
    """The items that can be read. Each that can't is logged, with its key where that is known.

    A request that failed is no bad row: it ends the listing, for there is nothing to go through.
    """
    rows = iter(items)
    unreadable = 0
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except UNREADABLE:
            unreadable += 1
            if unreadable > _MOST_UNREADABLE:
                raise
            # PynamoDB reads a row when it is asked for, and goes on to the next one after that.
            key = getattr(rows, "last_evaluated_key", None)
            log.exception(f"{what}: a row can't be read", extra={"key": str(key)})


def _name(item: object) -> str:
    return str(getattr(item, "id", item))
