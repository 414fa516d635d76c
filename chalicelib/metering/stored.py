"""Stored bytes, sampled from time to time."""

from collections.abc import Mapping

from chalicelib.accounts import service as accounts
from chalicelib.core import calendar, clock, db
from chalicelib.core.sweeps import each, readable
from chalicelib.metering import recording, uses
from chalicelib.metering.ledger import Terms
from chalicelib.metering.models import Use
from chalicelib.metering.uses import NewUse
from chalicelib.plans import catalogue
from chalicelib.plans.catalogue import STORAGE, Kind, Units


def sample_storage(stored: Mapping[str, int]) -> None:
    """Sweep: record what accounts store, in bytes; one that isn't named stores nothing.

    What is charged is the smaller of two samples over the time between them: only what was there
    at both ends. The first sample begins the record. Times are whole hours.
    """
    rows = readable("stored bytes were not all listed", Use.open.query(uses.STORAGE_SHARD))
    known = {use.account_id: 0 for use in list(rows)}
    each(
        "storage was not sampled; tomorrow makes up for it",
        {**known, **stored}.items(),
        lambda item: _sample(item[0], {STORAGE: -(-item[1] // catalogue.MIB)}),
    )


def _sample(account_id: str, units: Units) -> None:
    now = calendar.hour_of(clock.seconds())
    use = uses.find(uses.storage_id(account_id))
    payer = accounts.read(use.payer_id if use else account_id)
    after = uses.terms_of(catalogue.plan(payer.plan), Kind.STORAGE, units)
    if use is None:
        _begin(account_id, units, after, now)
        return
    least = {STORAGE: min(int(use.units[STORAGE]), units[STORAGE])}
    terms = uses.terms_of(catalogue.plan(use.plan), Kind.STORAGE, least)
    recording.record(use, now, terms, after, calendar.DAY)


def _begin(account_id: str, units: Units, terms: Terms, at: int) -> None:
    id_, kind = uses.storage_id(account_id), Kind.STORAGE
    new = NewUse(id_, account_id, account_id, kind, "Stored files", None, units, at)
    use = uses.begun(new, terms)
    use.open_shard = uses.STORAGE_SHARD
    db.put_new(use)
