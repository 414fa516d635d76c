"""The counter of an account's bytes: quota, price and pages go by it.

It changes in the very transactions that change what is counted, so it is never below what S3 keeps
for the account, whatever is cut off. Contents that only another account's root still names are on
that account's side: a root counts for its holder at its total size, whoever owns the copies.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.core import clock, db
from chalicelib.core.sweeps import readable
from chalicelib.storage.models import ByteCounter

_MUCH = 256 * 1024**2
"""Bytes of offers and the rest from which an account is swept each hour."""
_DAILY = 23 * 3600
LABEL = "bytes"
"""What a transaction calls the write of the counter, where it refuses."""


@dataclass(frozen=True, slots=True)
class Change:
    """By how much each part of the counter grows, in bytes."""

    held: int = 0
    history: int = 0
    offered: int = 0
    rest: int = 0

    @property
    def bytes(self) -> int:
        """By how much the whole grows."""
        return self.held + self.history + self.offered + self.rest


@dataclass(frozen=True, slots=True)
class Stored:
    """What an account stores, in bytes (`models.ByteCounter` says of each what it is)."""

    account_id: str
    held: int = 0
    history: int = 0
    offered: int = 0
    rest: int = 0
    moment: int = 0
    since: int | None = None
    sweeps: int = 0
    swept_at: int | None = None

    @property
    def bytes(self) -> int:
        """All of it."""
        return self.held + self.history + self.offered + self.rest

    def byte_seconds(self, at: int) -> int:
        """Bytes multiplied by the seconds that they were there, from the first until `at`.

        Every change counts from its own second on: the sum of `change * (at - second)`.
        """
        return self.bytes * at - self.moment


def read(account_id: str) -> Stored:
    """What an account stores now."""
    try:
        return _plain(ByteCounter.get(account_id, consistent_read=True))
    except db.DoesNotExist:
        return Stored(account_id)


def every() -> Iterator[Stored]:
    """What every account stores that ever stored anything."""
    rows = ByteCounter.scan(consistent_read=True)
    return (_plain(row) for row in readable("byte counters were not all listed", rows))


def is_due(stored: Stored) -> bool:
    """Whether it is time to sweep an account's contents: daily, and hourly if much is to go."""
    if stored.swept_at is None or stored.offered + stored.rest >= _MUCH:
        return True
    return clock.seconds() - stored.swept_at >= _DAILY


def add_in(
    write: db.Writes, account_id: str, change: Change, condition: db.Condition | None = None
) -> None:
    """Count bytes that come (or, if negative, go), in the transaction that makes it true."""
    at = clock.seconds()
    actions: list[db.Action] = [
        ByteCounter.held.add(change.held),
        ByteCounter.history.add(change.history),
        ByteCounter.offered.add(change.offered),
        ByteCounter.rest.add(change.rest),
        ByteCounter.moment.add(change.bytes * at),
        ByteCounter.sweeps.add(0),
        ByteCounter.since.set(ByteCounter.since | at),
    ]
    write.update(LABEL, ByteCounter(account_id), actions, condition=condition)


def holds_at_most(most: int) -> db.Condition:
    """That the roots of an account are not larger than this."""
    holds: db.Condition = (ByteCounter.held <= most) | ByteCounter.held.does_not_exist()
    return holds


def is_as_read(stored: Stored) -> db.Condition:
    """That nothing was offered, settled or ended since the counter was read."""
    if stored.since is None:
        return ByteCounter.account_id.does_not_exist()
    as_read: db.Condition = ByteCounter.offered == stored.offered
    return as_read


@db.when_contended
def correct_rest(before: Stored, rest: int) -> bool:
    """Count of the rest what a sweep has found, which read the counter before it looked.

    What came to the rest since then stays counted on top; the next sweep corrects that. False if
    another sweep was quicker.
    """
    if before.since is None:
        return True
    try:
        with db.transaction() as write:
            change = rest - before.rest
            actions: list[db.Action] = [
                ByteCounter.rest.add(change),
                ByteCounter.moment.add(change * clock.seconds()),
                ByteCounter.sweeps.add(1),
                ByteCounter.swept_at.set(clock.seconds()),
            ]
            is_first = ByteCounter.sweeps == before.sweeps
            write.update(LABEL, ByteCounter(before.account_id), actions, condition=is_first)
    except db.Refused:
        return False
    return True


def _plain(row: ByteCounter) -> Stored:
    return Stored(
        row.account_id,
        row.held,
        row.history,
        row.offered,
        row.rest,
        row.moment,
        row.since,
        row.sweeps,
        row.swept_at,
    )
