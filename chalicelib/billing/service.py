"""What billing is to other features: they record what is used, and ask what may be.

with db.transaction() as write:          # it is true, and it is metered: or neither
    write.update("server", …running…)
    billing.open_in(write, billing.Use(…))
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.billing import calendar, reconcile, runs
from chalicelib.billing.credited import credit, credit_in
from chalicelib.billing.limits import Cause, Verdict, admit, admit_cluster, verdicts
from chalicelib.billing.models import Run
from chalicelib.billing.reconcile import Finding, Report, accounts_of, recent_months
from chalicelib.billing.reconcile import account as report
from chalicelib.billing.runs import Kind, Use
from chalicelib.billing.spending import Spending
from chalicelib.billing.spending import now as usage_now
from chalicelib.billing.spending import of_resources as spending
from chalicelib.billing.stored import sample_storage
from chalicelib.billing.usage import end_in, open_in, record_use, settle
from chalicelib.core import clock

__all__ = [
    "Cause",
    "Cost",
    "Finding",
    "Kind",
    "Report",
    "Span",
    "Spending",
    "Use",
    "Verdict",
    "accounts_of",
    "admit",
    "admit_cluster",
    "bounds",
    "costs",
    "credit",
    "credit_in",
    "end_in",
    "open_in",
    "recent_months",
    "record_use",
    "recorded_until",
    "report",
    "runs_of",
    "sample_storage",
    "settle",
    "spans",
    "spending",
    "usage_now",
    "verdicts",
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
        run.id: Cost(runs.cost(run, now), runs.extra_usd_second(run) * 3600, now)
        for run in runs.by_ids(run_ids).values()
    }


def recorded_until(run_id: str) -> int | None:
    """The second up to which a run is recorded: until then its provider said that it ran."""
    run = runs.find(run_id)
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
    found = reconcile.runs_of(account_id, month)
    return [_span(run) for run in found if run.kind == kind]


def spans(run_ids: Iterable[str]) -> dict[str, Span]:
    """Runs by their ids, whenever they were billed, if at all; those never opened are left out."""
    return {id_: _span(run) for id_, run in runs.by_ids(run_ids).items()}


def _span(run: Run) -> Span:
    return Span(run.id, run.started_at, run.ended_at, run.credit)


def bounds(month: str) -> tuple[int, int]:
    """The first second of a month, and the first one after it."""
    return calendar.month_start(month), calendar.month_end(month)
