"""What is being used, recorded from its start to the provider's own stop time.

A run is opened in the transaction that makes it true (a server that became `running`), and its end
is noted in the one that ends it. In between, a sweep records it piece by piece, up to a moment at
which the provider said that it was alive; so what is recorded never runs ahead of what happened,
but for clocks that differ, and that is taken back.
"""

from collections.abc import Callable
from decimal import Decimal

from chalicelib.accounts import service as accounts
from chalicelib.core import calendar, db
from chalicelib.core.observability import log, surviving
from chalicelib.metering import ledger, uses
from chalicelib.metering.ledger import Piece, Terms, plain
from chalicelib.metering.models import Run, Segment
from chalicelib.metering.uses import Kind, Use
from chalicelib.plans import catalogue
from chalicelib.plans.catalogue import FREE, METERS

SLICE_SECONDS = 600
"""A run is recorded at least this often, and at every full hour."""
_TRIES = 10


def open_in(write: db.Writes, use: Use) -> None:
    """Begin to meter, in the transaction that makes the use true."""
    terms = uses.terms_of(catalogue.plan(accounts.read(use.account_id).plan), use.kind, use.units)
    run = uses.new(use, terms)
    run.open_shard = uses.shard_of(use.run_id)
    run.open_account_id = use.account_id
    write.save("usage run", run, condition=Run.id.does_not_exist())


def end_in(write: db.Writes, run_id: str, ended_at: int) -> None:
    """Note the provider's own stop time, in the transaction that ends the use."""
    write.update(
        "usage run",
        Run(run_id),
        [Run.ended_at.set(ended_at)],
        condition=Run.id.exists() & Run.ended_at.does_not_exist(),
    )


def waive_in(write: db.Writes, run: Run, why: str) -> None:
    """End a use at its start, so that it costs nothing; `why` is for its owner."""
    write.update(
        "usage run",
        Run(run.id),
        [Run.ended_at.set(run.started_at), Run.credit.set(why)],
        condition=Run.id.exists() & Run.ended_at.does_not_exist(),
    )


def settle(run_id: str) -> None:
    """Record a run that has ended, to its last second. Asked again, does what is left to do."""
    for _ in range(_TRIES):
        run = uses.find(run_id)
        if run is None or run.open_shard is None or run.ended_at is None:
            return
        end = max(run.ended_at, run.started_at)
        try:
            if run.metered_until < end:
                _record_until(run, end, uses.terms_now(run))
            elif run.metered_until > end:
                _take_back(run, end)
            else:
                _close(run)
        except ledger.Moved:
            continue


def record_use(kind: Kind, is_alive: Callable[[str], bool], seen_at: int) -> None:
    """Sweep: record every open run of a kind that was alive at this second, and those that ended.

    `is_alive` says of a run's id whether its provider said so at `seen_at`. One that is neither
    alive nor ended is left alone: its stop time is still to come.
    """
    found = list(uses.open_of(kind))
    plans = accounts.plans_of(run.account_id for run in found)
    for run in found:
        with surviving("a run was not recorded; the next sweep tries again", run_id=run.id):
            if run.ended_at is not None:
                settle(run.id)
            elif is_alive(run.id):
                plan = catalogue.plan(plans.get(run.account_id, FREE))
                _record_living(run, seen_at, uses.terms_of(plan, kind, plain(run.units)))


def _record_living(run: Run, seen_at: int, terms: Terms) -> None:
    """Record a run up to a second if it is time to; from then on it is on these terms."""
    if run.metered_until >= seen_at:
        return
    if not _is_due(run, seen_at) and terms == uses.terms_now(run):
        return
    try:
        _record_until(run, seen_at, terms)
    except ledger.Moved:
        log.info("another process is recording this run", run_id=run.id)


def _is_due(run: Run, seen_at: int) -> bool:
    is_long_ago = seen_at - run.metered_until >= SLICE_SECONDS
    return is_long_ago or calendar.hour_of(run.metered_until) < calendar.hour_of(seen_at)


def _record_until(run: Run, end: int, after: Terms) -> None:
    """Record a run up to a second on its present terms; `after` it has those."""
    record(run, end, uses.terms_now(run), after, calendar.HOUR)


def record(run: Run, end: int, terms: Terms, after: Terms, step: int) -> None:
    """Record a run up to a second on these terms, cut at every multiple of `step` seconds.

    After it the run is on the terms `after`. Raises `ledger.Moved` and `ledger.Unrecorded`.
    """
    for number, (start, cut) in enumerate(calendar.cuts(run.metered_until, end, step)):
        if number:
            run.refresh(consistent_read=True)
        is_last = cut == end and after != uses.terms_now(run)
        ledger.record(run, _piece(start, cut, terms, after if is_last else None))


def _piece(start: int, end: int, terms: Terms, after: Terms | None) -> Piece:
    is_all_included = terms.units == terms.included
    return Piece(
        start=start,
        end=end,
        sign=1,
        hour=calendar.hour_of(end - 1),
        plan=terms.plan,
        units=terms.units,
        included=terms.included,
        prices={meter: METERS[meter].price_usd for meter in terms.units},
        note=f"in the plan {catalogue.plan(terms.plan).name}" if is_all_included else None,
        after=after,
    )


def _take_back(run: Run, end: int) -> None:
    """Take back what was recorded beyond the end, newest first, on the terms that it was on."""
    for segment in Segment.query(run.id, scan_index_forward=False, consistent_read=True):
        if segment.sign < 0 or segment.start >= run.metered_until or segment.end <= end:
            continue
        note = run.credit or "taken back: it had stopped by then"
        ledger.record(run, _reversal(segment, max(segment.start, end), run.metered_until, note))
        run.refresh(consistent_read=True)


def _reversal(segment: Segment, start: int, end: int, note: str) -> Piece:
    return Piece(
        start=start,
        end=end,
        sign=-1,
        hour=segment.hour,
        plan=segment.plan,
        units=plain(segment.units),
        included=plain(segment.included),
        prices={meter: Decimal(segment.prices[meter]) for meter in segment.prices},
        note=note,
    )


def _close(run: Run) -> None:
    """Nothing is left to record."""
    is_as_read = (Run.metered_until == run.metered_until) & (Run.seq == run.seq)
    if not db.update_if(run, is_as_read, [Run.open_shard.remove(), Run.open_account_id.remove()]):
        raise ledger.Moved(run.id)
