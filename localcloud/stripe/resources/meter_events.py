"""Meter events: taken at once, counted a moment later, each identifier once within a day."""

import json
from typing import Any

from localcloud.stripe.context import Context
from localcloud.stripe.errors import invalid
from localcloud.stripe.ids import new_id
from localcloud.stripe.operations import operation
from localcloud.stripe.parameters import (
    Json,
    choice,
    group,
    integer,
    operation_parameters,
    text,
)

DEDUPE_SECONDS = 24 * 3600
"""How long an identifier is known (API reference, "Create a meter event")."""

OLDEST_SECONDS = 35 * 24 * 3600
NEWEST_SECONDS = 5 * 60
"""How far an event's timestamp may lie in the past and in the future (the same page)."""

MOST_DIGITS = 15
"""Of a value; more are refused at once since 2026-04-22 (API changelog)."""


def payload(raw: Any, at: str) -> dict[str, str]:
    """Names and strings of the caller's own."""
    if not isinstance(raw, dict) or not all(isinstance(each, str) for each in raw.values()):
        raise invalid(f"Invalid object: {at}", at)
    return raw


@operation(
    "POST /v1/billing/meter_events",
    operation_parameters(
        {
            "event_name": text(100),
            "identifier": text(100),
            "payload": payload,
            "timestamp": integer,
        },
        required=["event_name", "payload"],
    ),
)
def create(ctx: Context, asked: Json) -> Json:
    """Take an event; whether it counts is found out by `billing.metering`."""
    timestamp = asked.get("timestamp", ctx.now)
    _check_timestamp(ctx, timestamp)
    _check_digits(asked["payload"])
    identifier = asked.get("identifier") or new_id("meterevent")
    _check_unique(ctx, identifier)
    ctx.store.sql.execute(
        "INSERT INTO meter_events (identifier, event_name, payload, timestamp, received_at, status)"
        " VALUES (?, ?, ?, ?, ?, 'pending')",
        (identifier, asked["event_name"], json.dumps(asked["payload"]), timestamp, ctx.now),
    )
    return {
        "object": "billing.meter_event",
        "created": ctx.now,
        "event_name": asked["event_name"],
        "identifier": identifier,
        "livemode": False,
        "payload": asked["payload"],
        "timestamp": timestamp,
    }


@operation(
    "POST /v1/billing/meter_event_adjustments",
    operation_parameters(
        {
            "cancel": group({"identifier": text(100)}),
            "event_name": text(100),
            "type": choice("cancel"),
        },
        required=["event_name", "type"],
    ),
)
def adjust(ctx: Context, asked: Json) -> Json:
    """Take an event back, within a day after it was received."""
    identifier = asked.get("cancel", {}).get("identifier")
    if identifier is None:
        raise invalid("Missing required param: cancel.", "cancel", "parameter_missing")
    changed = ctx.store.sql.execute(
        "UPDATE meter_events SET status = 'canceled' WHERE identifier = ? AND event_name = ?"
        " AND received_at > ? AND status IN ('pending', 'counted')",
        (identifier, asked["event_name"], ctx.now - DEDUPE_SECONDS),
    )
    if not changed.rowcount:
        message = f"No event of the last 24 hours with the identifier {identifier} can be canceled."
        raise invalid(message, "cancel[identifier]", "resource_missing")
    return {
        "object": "billing.meter_event_adjustment",
        "cancel": {"identifier": identifier},
        "event_name": asked["event_name"],
        "livemode": False,
        "status": "pending",
        "type": "cancel",
    }


def _check_timestamp(ctx: Context, timestamp: int) -> None:
    if timestamp < ctx.now - OLDEST_SECONDS:
        message = "The timestamp must be within the past 35 calendar days."
        raise invalid(message, "timestamp", "timestamp_too_far_in_past")
    if timestamp > ctx.now + NEWEST_SECONDS:
        message = "The timestamp must not be more than 5 minutes in the future."
        raise invalid(message, "timestamp", "timestamp_in_future")


def _check_digits(given: dict[str, str]) -> None:
    for name, value in given.items():
        if value.lstrip("-").isdecimal() and len(value.lstrip("-")) > MOST_DIGITS:
            message = f"The value may have at most {MOST_DIGITS} digits."
            raise invalid(message, f"payload[{name}]", "meter_event_value_too_many_digits")


def _check_unique(ctx: Context, identifier: str) -> None:
    known = ctx.store.sql.execute(
        "SELECT 1 FROM meter_events WHERE identifier = ? AND received_at > ?",
        (identifier, ctx.now - DEDUPE_SECONDS),
    ).fetchone()
    if known:
        message = f"An event already exists with identifier {identifier}."
        raise invalid(message, "identifier")
