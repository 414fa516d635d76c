"""Runs: what is used and paid for, one after the other, and on which terms."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from chalicelib.core import db
from chalicelib.core.sweeps import readable
from chalicelib.metering.ledger import Terms, plain
from chalicelib.metering.models import Run
from chalicelib.plans.catalogue import METERS, Plan, Units

OPEN_SHARDS = 4
"""Parts of the index of what is being metered, so that no one part is written too often."""
STORAGE_SHARD = "storage"
"""The part in which the runs of stored bytes are; they never end."""


class Kind(StrEnum):
    """What is used."""

    NOTEBOOK = "notebook"
    CLUSTER = "cluster"
    STORAGE = "storage"


@dataclass(frozen=True, slots=True)
class Use:
    """Something that begins to be used: a server, or one worker of a cluster.

    `run_id` is its own id (one run, one record), `resource_id` the notebook's or cluster's, and
    `name` what its owner calls that. `started_at` is the second from which it is paid for: the
    provider's own start or, if it stood ready before, when it was claimed. Where the service or
    its provider failed, it is credited (`credited.py`).
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


def terms_now(run: Run) -> Terms:
    """The terms that a run is on."""
    return Terms(run.plan, plain(run.units), plain(run.included))


def new(use: Use, terms: Terms) -> Run:
    """The record of a use that begins; it is metered once it is in a shard."""
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


def shard_of(run_id: str) -> str:
    """The part of the index of open runs that a run is in."""
    return str(zlib.crc32(run_id.encode()) % OPEN_SHARDS)


def open_of(kind: Kind) -> Iterator[Run]:
    """Everything of a kind that is being metered."""
    return (run for run in every_open() if run.kind == kind)


def every_open() -> Iterator[Run]:
    """Everything that is being metered, but for stored bytes and rows that can't be read."""
    for shard in range(OPEN_SHARDS):
        yield from list(readable("open runs were not all listed", Run.open.query(str(shard))))


def open_of_account(account_id: str) -> list[Run]:
    """What of an account is being metered, oldest first."""
    return sorted(Run.open_by_account.query(account_id), key=lambda run: run.started_at)


def are_recorded_until(account_id: str, end: int) -> bool:
    """Whether everything that an account used before a second is in segments."""
    stored = find(storage_id(account_id))
    unrecorded = [*open_of_account(account_id), *([stored] if stored else [])]
    return all(run.metered_until >= end or run.started_at >= end for run in unrecorded)


def storage_id(account_id: str) -> str:
    """What the run of an account's stored bytes is called."""
    return f"storage:{account_id}"


def find(run_id: str) -> Run | None:
    """One run as it is now; None if it was never opened."""
    try:
        return Run.get(run_id, consistent_read=True)
    except db.DoesNotExist:
        return None


def by_ids(run_ids: Iterable[str]) -> dict[str, Run]:
    """Runs by their ids; those that were never opened are left out."""
    wanted = list(run_ids)
    found = Run.batch_get(wanted, consistent_read=True) if wanted else ()
    return {run.id: run for run in found}


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
