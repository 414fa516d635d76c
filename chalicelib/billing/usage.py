"""What is being used: runs from their start to the provider's own stop time.

A run is opened in the transaction that makes it true (a server that became `running`), and its end
is noted in the one that ends it. In between, a sweep records it piece by piece, up to a moment at
which the provider said that it was alive; so what is recorded never runs ahead of what happened,
but for clocks that differ, and that is taken back.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from chalicelib.accounts import service as accounts
from chalicelib.billing import calendar, catalogue, ledger
from chalicelib.billing.catalogue import METERS, STORAGE, Plan, Units
from chalicelib.billing.ledger import Piece, Terms, plain
from chalicelib.billing.models import Run, Segment
from chalicelib.core import clock, db
from chalicelib.core.errors import RamonError
from chalicelib.core.observability import log

SLICE_SECONDS = 600
"""A run is recorded at least this often, and at every full hour."""
OPEN_SHARDS = 4
_STORAGE_SHARD = "storage"
_TRIES = 10


class Kind(StrEnum):
    """What is used."""

    NOTEBOOK = "notebook"
    CLUSTER = "cluster"
    STORAGE = "storage"


@dataclass(frozen=True, slots=True)
class Use:
    """Something that begins to be used: a server, or one worker of a cluster.

    `run_id` is its own id (one run, one record), `resource_id` the notebook's or cluster's, and
    `name` what its owner calls that. `started_at` is the second from which it is paid for: when
    it became usable or, if it stood ready before, when it was claimed. What failed to start was
    never opened, and costs nothing.
    """

    run_id: str
    account_id: str
    resource_id: str
    kind: Kind
    name: str
    size: str | None
    units: Units
    started_at: int


def terms_of(plan: Plan, kind: Kind, units: Units) -> Terms:
    """On which terms something is used on a plan.

    A plan includes power for notebooks and storage, none for clusters. Where there is nobody to
    charge (the free plan), everything is included; that it is no more than the plan allows is
    seen to elsewhere (`limits.py`).
    """
    if not plan.has_usage:
        return Terms(plan.id, units, units)
    return Terms(plan.id, units, {} if kind is Kind.CLUSTER else plan.included_of(units))


def open_in(write: db.Writes, use: Use) -> None:
    """Begin to meter, in the transaction that makes the use true."""
    terms = terms_of(catalogue.plan(accounts.read(use.account_id).plan), use.kind, use.units)
    run = _new_run(use, terms)
    run.open_shard = str(zlib.crc32(use.run_id.encode()) % OPEN_SHARDS)
    run.open_account_id = use.account_id
    write.save("usage run", run, condition=Run.id.does_not_exist())


def _new_run(use: Use, terms: Terms) -> Run:
    return Run(
        use.run_id,
        account_id=use.account_id,
        resource_id=use.resource_id,
        kind=use.kind,
        name=use.name,
        size=use.size,
        plan=terms.plan,
        units=dict(terms.units),
        included=dict(terms.included),
        started_at=use.started_at,
        metered_until=use.started_at,
        amount=Decimal(0),
    )


def end_in(write: db.Writes, run_id: str, ended_at: int) -> None:
    """Note the provider's own stop time, in the transaction that ends the use."""
    write.update(
        "usage run",
        Run(run_id),
        [Run.ended_at.set(ended_at)],
        condition=Run.id.exists() & Run.ended_at.does_not_exist(),
    )


def settle(run_id: str) -> None:
    """Record a run that has ended, to its last second. Asked again, does what is left to do."""
    for _ in range(_TRIES):
        run = _find(run_id)
        if run is None or run.open_shard is None or run.ended_at is None:
            return
        end = max(run.ended_at, run.started_at)
        try:
            if run.metered_until < end:
                _record_until(run, end, _own_terms(run))
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
    runs = list(open_runs(kind))
    plans = accounts.plans_of(run.account_id for run in runs)
    for run in runs:
        try:
            if run.ended_at is not None:
                settle(run.id)
            elif is_alive(run.id) and run.metered_until < seen_at:
                terms = terms_of(catalogue.plan(plans[run.account_id]), kind, plain(run.units))
                if _is_due(run, seen_at) or terms != _own_terms(run):
                    _record_until(run, seen_at, terms)
        except ledger.Moved:
            log.info("another process is recording this run", run_id=run.id)
        except ledger.Unrecorded:
            log.exception("a run could not be recorded", run_id=run.id)


def open_runs(kind: Kind) -> Iterator[Run]:
    """Everything of a kind that is being metered."""
    return (run for run in everything_open() if run.kind == kind)


def everything_open() -> Iterator[Run]:
    """Everything that is being metered, but for stored bytes."""
    for shard in range(OPEN_SHARDS):
        yield from list(Run.open.query(str(shard)))


def open_runs_of(account_id: str) -> list[Run]:
    """What of an account is being metered, oldest first."""
    return sorted(Run.open_by_account.query(account_id), key=lambda run: run.started_at)


def _find(run_id: str) -> Run | None:
    try:
        return Run.get(run_id, consistent_read=True)
    except db.DoesNotExist:
        return None


def of(run_ids: Iterable[str]) -> dict[str, Run]:
    """Runs by their ids; those that were never opened are left out."""
    wanted = list(run_ids)
    found = Run.batch_get(wanted, consistent_read=True) if wanted else ()
    return {run.id: run for run in found}


def _is_due(run: Run, seen_at: int) -> bool:
    is_long_ago = seen_at - run.metered_until >= SLICE_SECONDS
    return is_long_ago or calendar.hour_of(run.metered_until) < calendar.hour_of(seen_at)


def _record_until(run: Run, end: int, after: Terms) -> None:
    """Record a run up to a second on its present terms; `after` it has those."""
    _record(run, end, _own_terms(run), after, calendar.HOUR)


def _record(run: Run, end: int, terms: Terms, after: Terms, step: int) -> None:
    for number, (start, cut) in enumerate(calendar.cuts(run.metered_until, end, step)):
        if number:
            run.refresh(consistent_read=True)
        is_last = cut == end and after != _own_terms(run)
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


def _own_terms(run: Run) -> Terms:
    return Terms(run.plan, plain(run.units), plain(run.included))


def _take_back(run: Run, end: int) -> None:
    """Take back what was recorded beyond the end, newest first, on the terms that it was on."""
    for segment in Segment.query(run.id, scan_index_forward=False, consistent_read=True):
        if segment.sign < 0 or segment.start >= run.metered_until or segment.end <= end:
            continue
        ledger.record(run, _reversal(segment, max(segment.start, end), run.metered_until))
        run.refresh(consistent_read=True)


def _reversal(segment: Segment, start: int, end: int) -> Piece:
    return Piece(
        start=start,
        end=end,
        sign=-1,
        hour=segment.hour,
        plan=segment.plan,
        units=plain(segment.units),
        included=plain(segment.included),
        prices={meter: Decimal(segment.prices[meter]) for meter in segment.prices},
        note="taken back: it had stopped by then",
    )


def _close(run: Run) -> None:
    """Nothing is left to record."""
    try:
        run.update(
            [Run.open_shard.remove(), Run.open_account_id.remove()],
            condition=(Run.metered_until == run.metered_until) & (Run.seq == run.seq),
        )
    except db.UpdateError as error:
        db.unless_refused(error)
        raise ledger.Moved(run.id) from error


def sample_storage(stored: Mapping[str, int]) -> None:
    """Sweep: record what accounts store, in bytes; one that isn't named stores nothing.

    What is charged is the smaller of two samples over the time between them: only what was there
    at both ends. The first sample begins the record. Times are whole hours.
    """
    known = {run.account_id: 0 for run in list(Run.open.query(_STORAGE_SHARD))}
    for account_id, size in {**known, **stored}.items():
        try:
            _sample(account_id, {STORAGE: -(-size // catalogue.MIB)})
        except (RamonError, ledger.Moved, ledger.Unrecorded):
            # One account must not keep the others from being counted; tomorrow makes up for it.
            log.exception("storage was not sampled", account_id=account_id)


def _sample(account_id: str, units: Units) -> None:
    now = calendar.hour_of(clock.seconds())
    after = terms_of(catalogue.plan(accounts.read(account_id).plan), Kind.STORAGE, units)
    run = _storage_of(account_id)
    if run is None:
        _begin_storage(account_id, units, after, now)
        return
    least = {STORAGE: min(int(run.units[STORAGE]), units[STORAGE])}
    terms = terms_of(catalogue.plan(run.plan), Kind.STORAGE, least)
    _record(run, now, terms, after, calendar.DAY)


def _storage_of(account_id: str) -> Run | None:
    return _find(_storage_id(account_id))


def _storage_id(account_id: str) -> str:
    return f"storage:{account_id}"


def _begin_storage(account_id: str, units: Units, terms: Terms, at: int) -> None:
    use = Use(
        _storage_id(account_id), account_id, account_id, Kind.STORAGE, "Stored files", None,
        units, at,
    )  # fmt: skip
    run = _new_run(use, terms)
    run.open_shard = _STORAGE_SHARD
    run.save(condition=Run.id.does_not_exist())


def is_recorded_until(account_id: str, end: int) -> bool:
    """Whether everything that an account used before a second is in segments."""
    storage = _storage_of(account_id)
    runs = [*open_runs_of(account_id), *([storage] if storage else [])]
    return all(run.metered_until >= end or run.started_at >= end for run in runs)


def accrued(run: Run, at: int, since: int) -> Decimal:
    """What a run costs beyond the plan from a second on, as far as it isn't recorded yet."""
    until = at if run.ended_at is None else min(at, run.ended_at)
    return extra_usd_second(run) * max(0, until - max(run.metered_until, since))


def extra_usd_second(run: Run) -> Decimal:
    """What a second of a run costs beyond the plan, in dollars."""
    included = plain(run.included)
    beyond = {m: count - included.get(m, 0) for m, count in plain(run.units).items()}
    return sum((METERS[m].price_usd * count / METERS[m].per for m, count in beyond.items()),
               Decimal(0))  # fmt: skip


def cost(run: Run, at: int) -> Decimal:
    """What a run costs beyond the plan until a second, recorded or not yet, in dollars."""
    return run.amount + accrued(run, at, since=run.metered_until)
