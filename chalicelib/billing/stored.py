"""Stored bytes, sampled from time to time."""

from collections.abc import Mapping

from chalicelib.accounts import service as accounts
from chalicelib.billing import calendar, catalogue, runs, usage
from chalicelib.billing.catalogue import STORAGE, Units
from chalicelib.billing.ledger import Terms
from chalicelib.billing.models import Run
from chalicelib.billing.runs import Kind, Use
from chalicelib.core import clock, db
from chalicelib.core.sweeps import each, readable


def sample_storage(stored: Mapping[str, int]) -> None:
    """Sweep: record what accounts store, in bytes; one that isn't named stores nothing.

    What is charged is the smaller of two samples over the time between them: only what was there
    at both ends. The first sample begins the record. Times are whole hours.
    """
    rows = readable("stored bytes were not all listed", Run.open.query(runs.STORAGE_SHARD))
    known = {run.account_id: 0 for run in list(rows)}
    each(
        "storage was not sampled; tomorrow makes up for it",
        {**known, **stored}.items(),
        lambda item: _sample(item[0], {STORAGE: -(-item[1] // catalogue.MIB)}),
    )


def _sample(account_id: str, units: Units) -> None:
    now = calendar.hour_of(clock.seconds())
    after = runs.terms_of(catalogue.plan(accounts.read(account_id).plan), Kind.STORAGE, units)
    run = run_of(account_id)
    if run is None:
        _begin(account_id, units, after, now)
        return
    least = {STORAGE: min(int(run.units[STORAGE]), units[STORAGE])}
    terms = runs.terms_of(catalogue.plan(run.plan), Kind.STORAGE, least)
    usage.record(run, now, terms, after, calendar.DAY)


def run_of(account_id: str) -> Run | None:
    """The run of an account's stored bytes; None before the first sample."""
    return runs.find(_id_of(account_id))


def _id_of(account_id: str) -> str:
    return f"storage:{account_id}"


def _begin(account_id: str, units: Units, terms: Terms, at: int) -> None:
    use = Use(
        _id_of(account_id), account_id, account_id, Kind.STORAGE, "Stored files", None, units, at
    )
    run = runs.new(use, terms)
    run.open_shard = runs.STORAGE_SHARD
    db.put_new(run)
