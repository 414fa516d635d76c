"""The one way to write a sweep: each item by itself, accounts in turn, side by side, within a time.

    _SWEEP = Sweep("idle_sweep")

    def stop_idle() -> None:
        _SWEEP.over(due, "an idle server was not stopped", _stop_if_idle)

A row that can't be read, or an item whose work fails, is logged as an error and left to the next
run; all other items get their turn. Errors of scheduled functions ring an alarm. An account with
many items takes no more turns than others. When the time of a run is over, the next run goes on
where it stopped, even if the item there has ended meanwhile.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from chalicelib.core import clock, sweep_places
from chalicelib.core.db import UNREADABLE
from chalicelib.core.observability import log, surviving

_T = TypeVar("_T")

MAY_SWEEP = ("delete, get, put sweep_places",)
"""What a function may do, by names of grants, to remember where its sweep stopped."""
AT_ONCE = 8
"""Items that a sweep works on side by side: its work is waiting for AWS."""
_MOST_UNREADABLE = 1000
"""So many in one listing are not bad rows but a bad release; then the sweep itself fails."""


def _account_of(item: Any) -> str:
    return str(item.account_id)


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep over items of all accounts.

    name: under this it remembers where it stopped.
    seconds: how long it begins work on items; what was begun may take longer.
    """

    name: str
    seconds: float = 40

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
        failed, left = _work_through(order, what, work, clock.monotonic() + self.seconds)
        if failed:
            log.warning("a sweep left items to its next run", what=what, failed=failed)
        if left:
            log.error("a sweep had no time for all", sweep=self.name, what=what, left=len(left))
        if left or since:
            sweep_places.write(self.name, [_name(item) for item in left])
        return failed


def in_turns(
    items: Sequence[_T], account_of: Callable[[_T], str], left: Sequence[str] = ()
) -> list[_T]:
    """The items, one of each account after the other, beginning with what was left, in its order.

    `left` are names of items. Those that are not there any more are passed over. Within an account
    items keep their order, and go round from the first that was left.
    """
    accounts: dict[str, deque[_T]] = {}
    for item in items:
        accounts.setdefault(account_of(item), deque()).append(item)
    rank = {name: place for place, name in enumerate(left)}
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


def _work_through(
    order: Iterable[_T], what: str, work: Callable[[_T], object], deadline: float
) -> tuple[int, list[_T]]:
    """Do the work side by side until the deadline; gives how many failed, and what is left."""
    queue = deque(order)
    outcomes: list[bool] = []

    def take_turns() -> None:
        while clock.monotonic() < deadline:
            try:
                item = queue.popleft()
            except IndexError:
                return
            outcomes.append(_survives(what, item, work))

    threads = min(AT_ONCE, len(queue))
    if threads <= 1:
        take_turns()
    else:
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(take_turns) for _ in range(threads)]:
                done.result()
    return outcomes.count(False), list(queue)


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
