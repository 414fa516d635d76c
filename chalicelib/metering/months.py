"""Months: what a payer owes for usage in each, and which of them are closed."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from chalicelib.core import calendar, clock, db
from chalicelib.core.sweeps import readable
from chalicelib.metering.models import UsageMonth

OPEN = "open"
"""The one partition of the index of months that are not closed."""


def recent() -> list[str]:
    """The months that may still change: the last one and the present one."""
    present = calendar.month_of(clock.seconds())
    return [calendar.month_of(calendar.month_start(present) - 1), present]


def payers_of(month: str) -> list[str]:
    """The accounts that are charged for something in a month."""
    rows = UsageMonth.scan(UsageMonth.month == month, attributes_to_get=["payer_id"])
    return sorted(row.payer_id for row in readable("payers were not all listed", rows))


def recorded(payer_ids: Iterable[str], month: str) -> dict[str, Decimal]:
    """What payers owe in a month as far as it is recorded, in dollars."""
    keys = [(payer_id, month) for payer_id in payer_ids]
    return {row.payer_id: row.amount for row in UsageMonth.batch_get(keys, consistent_read=True)}


def read(payer_id: str, month: str) -> UsageMonth:
    """A payer's month as it is now."""
    return UsageMonth.get(payer_id, month, consistent_read=True)


def unclosed_before(month: str) -> Iterator[UsageMonth]:
    """The months before that one which may still be billed to: their keys."""
    return iter(UsageMonth.open.query(OPEN, UsageMonth.month < month))


def close(row: UsageMonth) -> bool:
    """Let nothing more be recorded in a month. False if something was, since it was read."""
    return db.update_if(
        row,
        UsageMonth.closed_at.does_not_exist() & (UsageMonth.amount == row.amount),
        [UsageMonth.closed_at.set(clock.seconds()), UsageMonth.open_shard.remove()],
    )
