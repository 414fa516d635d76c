"""What metering is to other features: they record what is used, and ask what was.

with db.transaction() as write:          # it is true, and it is metered: or neither
    write.update("server", …running…)
    metering.open_in(write, metering.NewUse(…))
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.core import calendar, clock
from chalicelib.metering import audit, uses
from chalicelib.metering.audit import Finding
from chalicelib.metering.models import MeterHour, Use
from chalicelib.metering.months import payers_of
from chalicelib.metering.months import recent as recent_months
from chalicelib.metering.recording import end_in, open_in, record_use, settle, waive_in
from chalicelib.metering.spending import Spending
from chalicelib.metering.spending import of_resources as spending
from chalicelib.metering.spending import of_running as spending_of_running
from chalicelib.metering.stored import Charged, Stored, charged_for_storage, record_storage
from chalicelib.metering.uses import NewUse
from chalicelib.plans.catalogue import Kind

__all__ = [
    "Charged",
    "Cost",
    "Finding",
    "Kind",
    "MeterHour",
    "NewUse",
    "Span",
    "Spending",
    "Stored",
    "Use",
    "bounds",
    "charged_for_storage",
    "costs",
    "end_in",
    "open_in",
    "payers_of",
    "recent_months",
    "record_storage",
    "record_use",
    "recorded_until",
    "settle",
    "spans",
    "spending",
    "spending_of_running",
    "uses_of",
    "waive_in",
]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a use costs beyond the plan, in dollars: so far, and an hour of it."""

    spent: Decimal
    usd_hour: Decimal
    at: int

    @property
    def is_included(self) -> bool:
        """Whether the plan has paid for all of it."""
        return not self.usd_hour


def costs(use_ids: Iterable[str]) -> dict[str, Cost]:
    """What uses cost until now, by their ids; one that was never usable is left out."""
    now = clock.seconds()
    return {
        use.id: Cost(uses.cost(use, now), uses.extra_usd_second(use) * calendar.HOUR, now)
        for use in uses.by_ids(use_ids).values()
    }


def recorded_until(use_id: str) -> int | None:
    """The second up to which a use is recorded: until then its provider said that it ran."""
    use = uses.find(use_id)
    return None if use is None else use.metered_until


@dataclass(frozen=True, slots=True)
class Span:
    """When a use was billed from and until, in seconds; `ended_at` is None while it goes on.

    One that costs nothing because the service or AWS failed ends at its start; `credit` says why.
    """

    id: str
    started_at: int
    ended_at: int | None
    credit: str | None


def uses_of(account_id: str, month: str, kind: Kind) -> list[Span]:
    """What an account used of a kind in a month, whoever pays for it."""
    found = audit.uses_of(account_id, month)
    return [_span(use) for use in found if use.kind == kind]


def spans(use_ids: Iterable[str]) -> dict[str, Span]:
    """Runs by their ids, whenever they were billed, if at all; those never opened are left out."""
    return {id_: _span(use) for id_, use in uses.by_ids(use_ids).items()}


def _span(use: Use) -> Span:
    return Span(use.id, use.started_at, use.ended_at, use.credit)


def bounds(month: str) -> tuple[int, int]:
    """The first second of a month, and the first one after it."""
    return calendar.month_start(month), calendar.month_end(month)
