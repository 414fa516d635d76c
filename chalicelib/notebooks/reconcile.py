"""Holds what servers' own records say against what was billed for them.

    servers, workers ─ uses ─ segments ─ ledger ─ hours ─ Stripe's sums ─ invoice

The first link is looked at here, where servers are known, and by clusters, where workers are; the
others by billing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from chalicelib.billing import service as billing
from chalicelib.clusters import service as clusters
from chalicelib.core import clock, db
from chalicelib.core.observability import log, surviving
from chalicelib.metering import service as metering
from chalicelib.notebooks import canary
from chalicelib.notebooks.models import Notebook, Server

_LINK = "servers ─ uses"


def recent_months() -> None:
    """Hold together every account's last and present month, and log what differs as errors."""
    for month in metering.recent_months():
        billed = metering.accounts_of(month)
        for account_id in _accounts(billed):
            with surviving("a month could not be looked at", account_id=account_id, month=month):
                for report in _reports(account_id, month, is_billed=account_id in billed):
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
    billed = metering.accounts_of(month)
    return [
        report
        for account in _accounts(billed)
        for report in _reports(account, month, is_billed=account in billed)
    ]


def _accounts(billed: Iterable[str]) -> list[str]:
    """Who may have used something: who was billed, and who has notebooks, billed or not."""
    have = {each.account_id for each in Notebook.scan(attributes_to_get=["account_id"])}
    return sorted({*billed, *have} - {canary.ACCOUNT_ID})


def _reports(account_id: str, month: str, *, is_billed: bool) -> Iterator[billing.Report]:
    """The report of an account's month; none of one who used nothing and was billed nothing."""
    first = [*differing(account_id, month), *clusters.differing(account_id, month)]
    if first or is_billed:
        report = billing.report(account_id, month)
        yield replace(report, findings=[*first, *report.findings])


def differing(account_id: str, month: str) -> Iterator[metering.Finding]:
    """What differs between an account's servers and their uses, in a month."""
    billed = {use.id for use in metering.uses_of(account_id, month, metering.Kind.NOTEBOOK)}
    servers = {server.id: server for server in _started_in(account_id, month)}
    others = billed - servers.keys()
    servers |= {server.id: server for server in (Server.batch_get(others) if others else ())}
    spans = metering.spans({*billed, *servers})
    for id_ in sorted(billed - servers.keys()):
        yield metering.Finding(_LINK, id_, "no server has this id")
    for id_, server in sorted(servers.items()):
        yield from _differing(server, spans.get(id_))


def _started_in(account_id: str, month: str) -> Iterator[Server]:
    """The servers of an account of which some second is in a month."""
    first, after = map(clock.moment, metering.bounds(month))
    ran: db.Condition = (Server.started_at < after) & (
        Server.stopped_at.does_not_exist() | (Server.stopped_at > first)
    )
    for notebook in Notebook.by_account.query(account_id):
        yield from Server.by_notebook.query(notebook.id, filter_condition=ran)


def _differing(server: Server, use: metering.Span | None) -> Iterator[metering.Finding]:
    """What a server's times say against its use's."""
    # Before ECS's start was recorded, servers were billed from their opening on.
    started = _second(server.started_at or server.opened_at)
    if use is None:
        message = f"ECS started it at {started}, and nothing is billed"
        yield metering.Finding(_LINK, server.id, message)
        return
    if use.started_at != started:
        message = f"started at {started}, billed from {use.started_at} on"
        yield metering.Finding(_LINK, server.id, message)
    stopped = _second(server.stopped_at) if use.credit is None else started
    if stopped != use.ended_at:
        message = f"stopped at {stopped}, billed until {use.ended_at}"
        yield metering.Finding(_LINK, server.id, message)


def _second(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
