"""Events: what happened to which object, and which endpoints want to hear of it."""

from datetime import UTC, datetime
from typing import Any

from localcloud.stripe.context import API_VERSION, Context
from localcloud.stripe.ids import new_id
from localcloud.stripe.parameters import Json
from localcloud.stripe.store import public

THIN = "v2.core.event"
"""The kind of events that carry no object, which are delivered to event destinations."""


def emit(ctx: Context, kind: str, subject: Json, previous: Json | None = None) -> Json:
    """A snapshot event of `subject`; `previous` holds the attributes that changed, as they were."""
    data: Json = {"object": public(subject)}
    if previous is not None:
        data["previous_attributes"] = public(previous)
    event = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": ctx.now,
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": ctx.request_id, "idempotency_key": ctx.idempotency_key},
        "type": kind,
    }
    ctx.store.add(event)
    for endpoint in ctx.store.each("webhook_endpoint"):
        _enqueue(ctx, event, endpoint)
    return event


def emit_change(ctx: Context, kind: str, before: Json, after: Json) -> None:
    """An event of an update, unless nothing changed."""
    old, new = public(before), public(after)
    previous = {key: value for key, value in old.items() if new.get(key) != value}
    previous |= dict.fromkeys(new.keys() - old.keys())
    if previous:
        emit(ctx, kind, after, previous)


def emit_thin(ctx: Context, kind: str, related: Json | None, data: Json) -> Json:
    """A thin event; `related` is its object with id, type and url."""
    event = {
        "id": new_id("evt_test"),
        "object": THIN,
        "type": kind,
        "livemode": False,
        "created": iso(ctx.now),
        "context": None,
        "reason": None,
        "data": data,
    }
    if related is not None:
        event["related_object"] = related
    ctx.store.add(event)
    for destination in ctx.store.each("v2.core.event_destination"):
        _enqueue(ctx, event, destination)
    return event


def thin_payload(event: Json) -> Json:
    """What is delivered of a thin event: everything but its data."""
    return {key: value for key, value in event.items() if key != "data"}


def pending_webhooks(ctx: Context, event_id: str) -> int:
    """How many deliveries of an event have not succeeded."""
    row = ctx.store.sql.execute(
        "SELECT count(*) AS pending FROM deliveries WHERE event = ? AND status = 'pending'",
        (event_id,),
    ).fetchone()
    return int(row["pending"])


def iso(seconds: int) -> str:
    """A time as the v2 API writes it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.000Z"


def _enqueue(ctx: Context, event: Json, endpoint: Json) -> None:
    if endpoint["status"] != "enabled" or not _wants(endpoint["enabled_events"], event["type"]):
        return
    ctx.store.sql.execute(
        "INSERT INTO deliveries (event, endpoint, status, created, next_at)"
        " VALUES (?, ?, 'pending', ?, ?)",
        (event["id"], endpoint["id"], ctx.now, ctx.now),
    )


def _wants(enabled: list[Any], kind: str) -> bool:
    return "*" in enabled or kind in enabled
