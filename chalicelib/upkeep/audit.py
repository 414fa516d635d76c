"""Compares what services themselves record with what was billed, along the whole chain.

    servers, workers ─ uses ─ segments ─ ledger ─ hours ─ Stripe's sums ─ invoice

Features look at the first link, each at its own records; billing looks at the others.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from chalicelib.billing import service as billing
from chalicelib.core.observability import log
from chalicelib.core.sweeps import Sweep
from chalicelib.metering import service as metering
from chalicelib.notebooks import kept as notebooks
from chalicelib.upkeep import features

_SWEEP = Sweep("audit", seconds=600)


@dataclass(frozen=True, slots=True)
class _Month:
    """A month of one account, and whether anything was billed to it."""

    account_id: str
    month: str
    is_billed: bool

    @property
    def id(self) -> str:
        return f"{self.account_id}:{self.month}"


def recent_months() -> None:
    """Audit the last and the present month of every account; log each difference as an error."""
    months = [found for month in metering.recent_months() for found in _months(month)]
    _SWEEP.over(months, "a month could not be looked at", _audit)


def _months(month: str) -> Iterator[_Month]:
    """A month of everybody who may have used something in it."""
    billed = set(metering.payers_of(month))
    return (_Month(account, month, account in billed) for account in _accounts(billed))


def _audit(found: _Month) -> None:
    for report in _reports(found.account_id, found.month, is_billed=found.is_billed):
        _complain(report)


def _complain(report: billing.Report) -> None:
    for finding in report.findings:
        log.error(
            "the books disagree", account_id=report.account_id, month=report.month,
            link=finding.link, subject=finding.subject, why=finding.message,
        )  # fmt: skip


def of_month(month: str, account_id: str | None = None) -> list[billing.Report]:
    """The reports of a month's accounts, or of one of them."""
    if account_id is not None:
        return list(_reports(account_id, month, is_billed=True))
    return [
        report
        for found in _months(month)
        for report in _reports(found.account_id, month, is_billed=found.is_billed)
    ]


def _accounts(billed: Iterable[str]) -> list[str]:
    """Who may have used something: who was billed, and who has notebooks, billed or not."""
    return sorted({*billed, *notebooks.accounts()})


def _reports(account_id: str, month: str, *, is_billed: bool) -> Iterator[billing.Report]:
    """The report of an account's month; none of one who used nothing and was billed nothing."""
    first = list(features.differing(account_id, month))
    if first or is_billed:
        report = billing.report(account_id, month)
        yield replace(report, findings=[*first, *report.findings])
