"""Holds what servers' own records say against what was billed for them.

    servers, workers ─ runs ─ segments ─ ledger ─ hours ─ Stripe's sums ─ invoice

The first link is looked at here, where servers are known, and by clusters, where workers are; the
others by billing.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from chalicelib.billing import service as billing
from chalicelib.clusters import service as clusters
from chalicelib.core.observability import log, surviving
from chalicelib.notebooks.models import Server

_LINK = "servers ─ runs"


def recent_months() -> None:
    """Hold together every account's last and present month, and log what differs as errors."""
    for month in billing.recent_months():
        for account_id in billing.accounts_of(month):
            with surviving("a month could not be looked at", account_id=account_id, month=month):
                _complain(_report(account_id, month))


def _complain(report: billing.Report) -> None:
    for finding in report.findings:
        log.error(
            "the books disagree", account_id=report.account_id, month=report.month,
            link=finding.link, subject=finding.subject, why=finding.message,
        )  # fmt: skip


def of_month(month: str, account_id: str | None = None) -> list[billing.Report]:
    """The reports of a month's accounts, or of one of them."""
    accounts = billing.accounts_of(month) if account_id is None else [account_id]
    return [_report(account, month) for account in accounts]


def _report(account_id: str, month: str) -> billing.Report:
    report = billing.report(account_id, month)
    runs = billing.runs_of(account_id, month, billing.Kind.NOTEBOOK)
    servers = {server.id: server for server in Server.batch_get([run.id for run in runs])}
    first = [finding for run in runs for finding in _differing(run, servers.get(run.id))]
    first += clusters.differing(account_id, month)
    return replace(report, findings=[*first, *report.findings])


def _differing(run: billing.Span, server: Server | None) -> Iterator[billing.Finding]:
    """What a server's own times say against its run's."""
    if server is None:
        yield billing.Finding(_LINK, run.id, "no server has this id")
    elif _second(server.opened_at) != run.started_at:
        message = f"opened at {_second(server.opened_at)}, billed from {run.started_at} on"
        yield billing.Finding(_LINK, run.id, message)
    elif _second(server.stopped_at) != run.ended_at:
        message = f"stopped at {_second(server.stopped_at)}, billed until {run.ended_at}"
        yield billing.Finding(_LINK, run.id, message)


def _second(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
