"""The one way to write a sweep: each item by itself.

A row that can't be read, or an item whose work fails, is logged as an error and left to the next
run; all other items get their turn. Errors of scheduled functions ring an alarm.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from chalicelib.core.observability import log, surviving

_T = TypeVar("_T")

UNREADABLE = (ValueError, TypeError, ArithmeticError, LookupError)
"""What reading a stored row raises when its content is not what the model says. A request that
failed raises something else, and ends the sweep: there is nothing to go through."""
_MOST_UNREADABLE = 1000
"""So many in one listing are not bad rows but a bad release; then the sweep itself fails."""


def each(what: str, items: Iterable[_T], work: Callable[[_T], object]) -> int:
    """Do `work` for every item; gives how many of them failed.

    `what` is logged of an item that fails: "a server was not stopped". Raises what listing the
    items raises, unless a single row of them can't be read.
    """
    done = failed = 0
    for item in readable(what, items):
        failed += 1
        with surviving(what, subject=_name(item)):
            work(item)
            done, failed = done + 1, failed - 1
    if failed:
        log.warning("a sweep left items to its next run", what=what, done=done, failed=failed)
    return failed


def readable(what: str, items: Iterable[_T]) -> Iterator[_T]:
    """The items that can be read. Each that can't is logged, with its key where that is known."""
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
