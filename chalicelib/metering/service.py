"""What metering is to other features: they record what is used, and ask what was.

with db.transaction() as write:          # it is true, and it is metered: or neither
    write.update("server", …running…)
    metering.open_in(write, metering.Use(…))
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.core import calendar, clock
from chalicelib.metering import audit, uses
from chalicelib.metering.audit import Finding
from chalicelib.metering.models import MeterHour, Run
from chalicelib.metering.months import accounts_of
from chalicelib.metering.months import recent as recent_months
from chalicelib.metering.recording import end_in, open_in, record_use, settle, waive_in
from chalicelib.metering.spending import Spending
from chalicelib.metering.spending import of_resources as spending
from chalicelib.metering.stored import sample_storage
from chalicelib.metering.uses import Kind, Use

__all__ = [
    "Cost",
    "Finding",
    "Kind",
    "MeterHour",
    "Run",
    "Span",
    "Spending",
    "Use",
    "accounts_of",
    "bounds",
    "costs",
    "end_in",
    "open_in",
    "recent_months",
    "record_use",
    "recorded_until",
    "runs_of",
    "sample_storage",
    "settle",
    "spans",
    "spending",
    "waive_in",
]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run costs beyond the plan, in dollars: so far, and an hour of it."""

    spent: Decimal
    usd_hour: Decimal
    at: int

    @property
    def is_included(self) -> bool:
        """Whether the plan has paid for all of it."""
        return not self.usd_hour


def costs(run_ids: Iterable[str]) -> dict[str, Cost]:
    """What runs cost until now, by their ids; one that was never usable is left out."""
    now = clock.seconds()
    return {
        run.id: Cost(uses.cost(run, now), uses.extra_usd_second(run) * 3600, now)
        for run in uses.by_ids(run_ids).values()
    }


def recorded_until(run_id: str) -> int | None:
    """The second up to which a run is recorded: until then its provider said that it ran."""
    run = uses.find(run_id)
    return None if run is None else run.metered_until


@dataclass(frozen=True, slots=True)
class Span:
    """When a run was billed from and until, in seconds; `ended_at` is None while it goes on.

    One that costs nothing because the service or AWS failed ends at its start; `credit` says why.
    """

    id: str
    started_at: int
    ended_at: int | None
    credit: str | None


def runs_of(account_id: str, month: str, kind: Kind) -> list[Span]:
    """The runs of a kind that were billed in an account's month."""
    found = audit.Books(account_id, month).uses
    return [_span(run) for run in found if run.kind == kind]


def spans(run_ids: Iterable[str]) -> dict[str, Span]:
    """Runs by their ids, whenever they were billed, if at all; those never opened are left out."""
    return {id_: _span(run) for id_, run in uses.by_ids(run_ids).items()}


def _span(run: Run) -> Span:
    return Span(run.id, run.started_at, run.ended_at, run.credit)


def bounds(month: str) -> tuple[int, int]:
    """The first second of a month, and the first one after it."""
    return calendar.month_start(month), calendar.month_end(month)
