"""What is being used, recorded from its start to the provider's own stop time.

A use is opened in the transaction that makes it true (a server that became `running`), and its end
is noted in the one that ends it. In between, a sweep records it piece by piece, up to a moment at
which the provider said that it was alive; so what is recorded never runs ahead of what happened,
but for clocks that differ, and that is taken back.
"""

from collections.abc import Callable, Mapping, Sequence

from chalicelib.accounts import service as accounts
from chalicelib.core import calendar, db
from chalicelib.core.observability import log
from chalicelib.core.sweeps import Sweep
from chalicelib.metering import ledger, uses
from chalicelib.metering.ledger import Piece, Terms, plain
from chalicelib.metering.models import Segment, Use
from chalicelib.metering.uses import NewUse
from chalicelib.plans import catalogue
from chalicelib.plans.catalogue import FREE, Kind, Plan

_SWEEPS = {
    # All uses of a payer are added to the same hours and months.
    Kind.NOTEBOOK: Sweep("record_notebooks", seconds=60, one_of_an_account=True),
    Kind.CLUSTER: Sweep("record_clusters", seconds=90, one_of_an_account=True),
}
SLICE_SECONDS = 600
"""A use is recorded at least this often, and at every full hour."""
_TRIES = 10


def open_in(write: db.Writes, new: NewUse) -> None:
    """Begin to meter, in the transaction that makes the use true."""
    terms = uses.terms_of(catalogue.plan(accounts.read(new.payer).plan), new.kind, new.units)
    use = uses.begun(new, terms)
    use.open_shard = uses.shard_of(new.use_id)
    use.open_account_id = new.account_id
    write.save("use", use, condition=Use.id.does_not_exist())


def end_in(write: db.Writes, use_id: str, ended_at: int) -> None:
    """Note the provider's own stop time, in the transaction that ends the use."""
    write.update(
        "use",
        Use(use_id),
        [Use.ended_at.set(ended_at)],
        condition=Use.id.exists() & Use.ended_at.does_not_exist(),
    )


def waive_in(write: db.Writes, use: Use, why: str) -> None:
    """End a use at its start, so that it costs nothing; `why` is for its owner."""
    write.update(
        "use",
        Use(use.id),
        [Use.ended_at.set(use.started_at), Use.credit.set(why)],
        condition=Use.id.exists() & Use.ended_at.does_not_exist(),
    )


def settle(use_id: str) -> None:
    """Record a use that has ended, to its last second. Asked again, does what is left to do."""
    for _ in range(_TRIES):
        use = uses.find(use_id)
        if use is None or use.open_shard is None or use.ended_at is None:
            return
        end = max(use.ended_at, use.started_at)
        try:
            if use.metered_until < end:
                _record_until(use, end, uses.terms_now(use))
            elif use.metered_until > end:
                _take_back(use, end)
            else:
                _close(use)
        except ledger.Moved:
            continue


def record_use(kind: Kind, is_alive: Callable[[str], bool], seen_at: int) -> None:
    """Sweep: record every open use of a kind that was alive at this second, and those that ended.

    `is_alive` says of a use's id whether its provider said so at `seen_at`. One that is neither
    alive nor ended is left alone: its stop time is still to come.
    """
    due = [use for use in uses.open_of(kind) if use.ended_at is not None or is_alive(use.id)]
    plan_of = _plans_of_payers(due)

    def record_one(use: Use) -> None:
        if use.ended_at is not None:
            settle(use.id)
        else:
            _record_living(use, seen_at, uses.terms_of(plan_of(use), kind, plain(use.units)))

    _SWEEPS[kind].over(
        due,
        "a use was not recorded; the next sweep tries again",
        record_one,
        account_of=lambda use: use.payer_id,
    )


def _plans_of_payers(found: Sequence[Use]) -> Callable[[Use], Plan]:
    """The plan of whoever pays for a use: all are asked for together, unless one can't be read."""
    try:
        plans = accounts.plans_of(use.payer_id for use in found)
    except db.UNREADABLE:
        log.exception("an account can't be read; each is read by itself")
        return lambda use: _plan_in(accounts.plans_of([use.payer_id]), use)
    return lambda use: _plan_in(plans, use)


def _plan_in(plans: Mapping[str, str], use: Use) -> Plan:
    return catalogue.plan(plans.get(use.payer_id, FREE))


def _record_living(use: Use, seen_at: int, terms: Terms) -> None:
    """Record a use up to a second if it is time to; from then on it is on these terms."""
    if use.metered_until >= seen_at:
        return
    if not _is_due(use, seen_at) and terms == uses.terms_now(use):
        return
    try:
        _record_until(use, seen_at, terms)
    except ledger.Moved:
        log.info("another process is recording this use", use_id=use.id)


def _is_due(use: Use, seen_at: int) -> bool:
    is_long_ago = seen_at - use.metered_until >= SLICE_SECONDS
    return is_long_ago or calendar.hour_of(use.metered_until) < calendar.hour_of(seen_at)


def _record_until(use: Use, end: int, after: Terms) -> None:
    """Record a use up to a second on its present terms; `after` it has those."""
    record(use, end, uses.terms_now(use), after, calendar.HOUR)


def record(use: Use, end: int, terms: Terms, after: Terms, step: int) -> None:
    """Record a use up to a second on these terms, cut at every multiple of `step` seconds.

    After it the use is on the terms `after`. Raises `ledger.Moved` and `ledger.Unrecorded`.
    """
    for number, (start, cut) in enumerate(calendar.cuts(use.metered_until, end, step)):
        if number:
            use.refresh(consistent_read=True)
        is_last = cut == end and after != uses.terms_now(use)
        ledger.record(use, piece(start, cut, terms, after if is_last else None))


def piece(
    start: int, end: int, terms: Terms, after: Terms | None, byte_seconds: int | None = None
) -> Piece:
    """`[start, end)` on these terms; `after` it a use has those, and has recorded so much."""
    is_all_included = terms.units == terms.included
    return Piece(
        start=start,
        end=end,
        sign=1,
        hour=calendar.hour_of(end - 1),
        plan=terms.plan,
        units=terms.units,
        included=terms.included,
        rates=catalogue.rates_of(terms.units),
        note=f"in the plan {catalogue.plan(terms.plan).name}" if is_all_included else None,
        after=after,
        byte_seconds=byte_seconds,
    )


def _take_back(use: Use, end: int) -> None:
    """Take back what was recorded beyond the end, newest first, on the terms that it was on."""
    for segment in Segment.query(use.id, scan_index_forward=False, consistent_read=True):
        if segment.sign < 0 or segment.start >= use.metered_until or segment.end <= end:
            continue
        note = use.credit or "taken back: it had stopped by then"
        ledger.record(use, _reversal(segment, max(segment.start, end), use.metered_until, note))
        use.refresh(consistent_read=True)


def _reversal(segment: Segment, start: int, end: int, note: str) -> Piece:
    return Piece(
        start=start,
        end=end,
        sign=-1,
        hour=segment.hour,
        plan=segment.plan,
        units=plain(segment.units),
        included=plain(segment.included),
        rates=ledger.rates_of(segment),
        note=note,
    )


def _close(use: Use) -> None:
    """Nothing is left to record."""
    is_as_read = (Use.metered_until == use.metered_until) & (Use.seq == use.seq)
    if not db.update_if(use, is_as_read, ledger.NOT_OPEN):
        raise ledger.Moved(use.id)
