"""Stored bytes, charged over time: for how long they were there, not for what was seen at times."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.accounts import service as accounts
from chalicelib.core import calendar, clock, db
from chalicelib.core.sweeps import Sweep
from chalicelib.metering import ledger, recording, reports, uses
from chalicelib.metering.ledger import Terms
from chalicelib.metering.models import Use
from chalicelib.metering.uses import NewUse
from chalicelib.plans import catalogue
from chalicelib.plans.catalogue import MIB, STORAGE, Kind, Units

_SWEEP = Sweep("record_storage", seconds=600)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the counter of an account's bytes says.

    `bytes` are there now; `byte_seconds` is the sum of all bytes, each times the seconds that it
    has been there, since the first one came in the second `since`.
    """

    bytes: int
    byte_seconds: int
    since: int


@dataclass(frozen=True, slots=True)
class Charged:
    """What stored bytes have cost beyond the plan this month, in dollars, until a second.

    `until` is None before anything was recorded.
    """

    amount: Decimal
    until: int | None


def charged_for_storage(account_id: str) -> Charged:
    """What an account's stored bytes have cost this month, as far as it is recorded."""
    days = [
        day
        for day in reports.days(account_id, reports.month(None))
        if (day.kind, day.account_id) == (Kind.STORAGE, account_id)
    ]
    amount = sum((day.amount for day in days), Decimal(0))
    use = uses.find(uses.storage_id(account_id))
    return Charged(amount, use.metered_until if use else None)


def record_storage(stored: Mapping[str, Stored]) -> None:
    """Sweep: record what accounts have stored since it was last recorded.

    Charged is the average over that time, a day at a time, in whole MiB: whatever came and went in
    between counts for as long as it was there. Times are whole hours; what is stored in the hour
    that has begun is recorded the next time.
    """
    _SWEEP.over(
        stored,
        "storage was not recorded; tomorrow makes up for it",
        lambda account_id: _record_one(account_id, stored[account_id]),
        account_of=str,
    )


def _record_one(account_id: str, counted: Stored) -> None:
    use = uses.find(uses.storage_id(account_id)) or _begin(account_id, counted)
    units = {STORAGE: -(-counted.bytes // MIB)}
    after = uses.terms_of(catalogue.plan(accounts.read(use.payer_id).plan), Kind.STORAGE, units)
    _record(use, counted.byte_seconds, after)


def _record(use: Use, byte_seconds: int, after: Terms) -> None:
    now = calendar.hour_of(clock.seconds())
    for start, end in calendar.cuts(use.metered_until, now, calendar.DAY):
        share = (byte_seconds - use.byte_seconds) * (end - start) // (now - start)
        average = -(-max(0, share) // (end - start))
        terms = uses.terms_of(catalogue.plan(use.plan), Kind.STORAGE, {STORAGE: -(-average // MIB)})
        recorded = use.byte_seconds + share
        ledger.record(use, recording.piece(start, end, terms, after, byte_seconds=recorded))
        use.refresh(consistent_read=True)


def _begin(account_id: str, counted: Stored) -> Use:
    id_, kind = uses.storage_id(account_id), Kind.STORAGE
    units: Units = {STORAGE: 0}
    terms = uses.terms_of(catalogue.plan(accounts.read(account_id).plan), kind, units)
    at = calendar.hour_of(counted.since)
    new = NewUse(id_, account_id, account_id, kind, "Stored files", None, units, at)
    use = uses.begun(new, terms)
    use.open_shard = uses.STORAGE_SHARD
    if db.put_new(use):
        return use
    found = uses.find(id_)
    if found is None:
        raise LookupError(id_)
    return found
