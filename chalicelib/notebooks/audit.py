"""Compares servers' own records with what was billed for them."""

from collections.abc import Iterator
from datetime import datetime

from chalicelib.core import clock, db
from chalicelib.metering import service as metering
from chalicelib.notebooks.models import Notebook, Server

_LINK = "servers ─ uses"


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
    return None if moment is None else clock.second_of(moment)
