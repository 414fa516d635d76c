"""Counts meter events, a moment after they were taken, and tells of those that do not count."""

import json
import re
import sqlite3
from collections import defaultdict
from typing import Any

from localcloud.stripe.context import Context
from localcloud.stripe.events import emit_thin, iso
from localcloud.stripe.parameters import Json

MOST_SAMPLES = 5
"""Failed events that a report shows of each error."""

WINDOW_SECONDS = {"hour": 3600, "day": 86400}

MESSAGES = {
    "archived_meter": "The meter is inactive.",
    "meter_event_customer_not_found": "The customer does not exist.",
    "meter_event_invalid_value": "The value is not a whole number.",
    "meter_event_no_customer_defined": "The payload names no customer.",
    "no_meter": "No meter has this event name.",
}

Span = tuple[int, int]
"""From (inclusive) to (exclusive), in seconds since 1970."""


def count_pending(ctx: Context) -> bool:
    """Count what was taken since the last time; gives whether there was anything."""
    rows = ctx.store.sql.execute("SELECT * FROM meter_events WHERE status = 'pending' ORDER BY seq")
    meters = {each["event_name"]: each for each in ctx.store.each("billing.meter")}
    failures: defaultdict[str | None, list[tuple[str, str]]] = defaultdict(list)
    pending = rows.fetchall()
    for row in pending:
        meter = meters.get(row["event_name"])
        error = _count(ctx, row, meter)
        if error:
            failures[meter["id"] if meter else None].append((error, row["identifier"]))
    for meter_id, failed in failures.items():
        _report(ctx, meter_id, failed)
    return bool(pending)


def usage(ctx: Context, meter: Json, customer: str, span: Span) -> int:
    """What the meter's formula gives for a customer's events in a span."""
    rows = _events(ctx, meter, customer, span)
    formula = meter["default_aggregation"]["formula"]
    if formula == "count":
        return len(rows)
    values = [value for _, value in rows]
    return sum(values[-1:] if formula == "last" else values)


def windows(ctx: Context, meter: Json, customer: str, span: Span, seconds: int) -> list[int]:
    """The beginnings of the windows in which something was counted, the newest first."""
    starts = {at - at % seconds for at, _ in _events(ctx, meter, customer, span)}
    return sorted(starts, reverse=True)


def _events(ctx: Context, meter: Json, customer: str, span: Span) -> list[tuple[int, int]]:
    """Timestamps and values in order; of each window of the meter only what arrived last."""
    rows = ctx.store.sql.execute(
        "SELECT seq, timestamp, value FROM meter_events WHERE status = 'counted' AND meter = ?"
        " AND customer = ? AND timestamp >= ? AND timestamp < ? ORDER BY timestamp, seq",
        (meter["id"], customer, *span),
    ).fetchall()
    window = WINDOW_SECONDS.get(meter["event_time_window"] or "")
    if window is None:
        return [(row["timestamp"], row["value"]) for row in rows]
    newest: dict[int, sqlite3.Row] = {}
    for row in sorted(rows, key=lambda row: row["seq"]):
        newest[row["timestamp"] // window] = row
    return [(row["timestamp"], row["value"]) for _, row in sorted(newest.items())]


def _count(ctx: Context, row: sqlite3.Row, meter: Json | None) -> str | None:
    """Count one event, or give the code of the error for which it does not count."""
    payload: dict[str, str] = json.loads(row["payload"])
    customer, value, error = _read(ctx, payload, meter)
    ctx.store.sql.execute(
        "UPDATE meter_events SET status = ?, meter = ?, customer = ?, value = ? WHERE seq = ?",
        (
            "rejected" if error else "counted",
            meter["id"] if meter else None,
            customer,
            value,
            row["seq"],
        ),
    )
    return error


def _read(
    ctx: Context, payload: dict[str, str], meter: Json | None
) -> tuple[str | None, int | None, str | None]:
    """The customer and value of an event, or the code of an error."""
    if meter is None:
        return None, None, "no_meter"
    if meter["status"] != "active":
        return None, None, "archived_meter"
    customer = payload.get(meter["customer_mapping"]["event_payload_key"])
    if not customer:
        return None, None, "meter_event_no_customer_defined"
    found = ctx.store.find(customer)
    if found is None or found["object"] != "customer" or found.get("deleted"):
        return customer, None, "meter_event_customer_not_found"
    value = payload.get(meter["value_settings"]["event_payload_key"], "")
    if meter["default_aggregation"]["formula"] == "count":
        value = "1"
    whole = re.fullmatch(r"-?\d+", value)
    return customer, int(value) if whole else None, None if whole else "meter_event_invalid_value"


def _report(ctx: Context, meter_id: str | None, failed: list[tuple[str, str]]) -> None:
    by_code: defaultdict[str, list[str]] = defaultdict(list)
    for code, identifier in failed:
        by_code[code].append(identifier)
    data: Json = {
        "developer_message_summary": f"There are {len(failed)} invalid events",
        "reason": {
            "error_count": len(failed),
            "error_types": [_error_type(code, found) for code, found in by_code.items()],
        },
        "validation_start": iso(ctx.now),
        "validation_end": iso(ctx.now),
    }
    if meter_id is None:
        emit_thin(ctx, "v1.billing.meter.no_meter_found", None, data)
        return
    url = f"/v1/billing/meters/{meter_id}"
    related = {"id": meter_id, "type": "billing.meter", "url": url}
    emit_thin(ctx, "v1.billing.meter.error_report_triggered", related, data)


def _error_type(code: str, identifiers: list[str]) -> dict[str, Any]:
    samples = [
        {"error_message": MESSAGES[code], "request": {"identifier": each}}
        for each in identifiers[:MOST_SAMPLES]
    ]
    return {"code": code, "error_count": len(identifiers), "sample_errors": samples}
