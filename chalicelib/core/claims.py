"""Who has taken on a piece of work, so that it is done once, and by one at a time.

A claim is taken before the work and completed after it, never the other way round: a claim that
was completed first would lose the work of a process that dies in between.
"""

from collections.abc import Callable
from contextlib import ExitStack
from enum import Enum

from pynamodb.models import Model

from chalicelib.core import clock, db, ids
from chalicelib.core.attributes import Expiry, Text
from chalicelib.core.errors import Conflict

_WORKING, _DONE = "working", "done"

Work = Callable[[], None]
"""Something to be done once."""


class Claim(Model):
    """Work that somebody has taken on: `working` until `expires_at`, or `done` and remembered."""

    class Meta(db.BaseMeta):
        """Table `claims`."""

        table_name = db.table("claims")

    id = Text(hash_key=True)
    state = Text()
    owner = Text()
    expires_at = Expiry()


class Taken(Enum):
    """Why a claim could not be had."""

    BY_ANOTHER = "working"
    """Somebody is at it; their claim expires if they die."""

    DONE = "done"
    """It has been done."""


def take(name: str, seconds: int) -> Claim | Taken:
    """Take on the work of this name for so many seconds, or learn why that can't be."""
    claim = Claim(
        name, state=_WORKING, owner=ids.new_secret(), expires_at=clock.seconds() + seconds
    )
    has_expired = Claim.expires_at <= clock.seconds()
    return claim if db.put_new(claim, or_if=has_expired) else _why_not(name)


def _why_not(name: str) -> Taken:
    found = db.find(Claim, name)  # None: it was given back at this moment
    return Taken.DONE if found and found.state == _DONE else Taken.BY_ANOTHER


def complete(claim: Claim, remember_seconds: int) -> None:
    """The work is done: nobody does it again for so long."""
    until = clock.seconds() + remember_seconds
    db.update(claim, [Claim.state.set(_DONE), Claim.expires_at.set(until)])


def give_back(claim: Claim) -> None:
    """The work was not done, or may be done again: others may take it on now."""
    # Refused if it expired and somebody else has it by now: then it is theirs.
    db.delete_if(claim, Claim.owner == claim.owner)


def once(name: str, seconds: int, remember_seconds: int, work: Work) -> None:
    """Do a piece of work, unless it was done. What it raises leaves it to be done again.

    Raises `Conflict` (`busy`) while another is at it, for `seconds` at most.
    """
    claim = take(name, seconds)
    if claim is Taken.DONE:
        return
    if isinstance(claim, Taken):
        raise Conflict("This is being done already. Please try again.", code="busy")
    with ExitStack() as unless_done:
        unless_done.callback(give_back, claim)
        work()
        complete(claim, remember_seconds)
        unless_done.pop_all()
