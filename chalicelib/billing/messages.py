"""The meter events by which Stripe is told of hours (API reference, "Meter events")."""

import re

import msgspec

from chalicelib.core import calendar
from chalicelib.metering.service import MeterHour
from chalicelib.plans.catalogue import METERS

_IDENTIFIER = re.compile(r"(\w+):(acc_\w+):(\d{4}-\d\d-\d\dT\d\d):[\d.]+")


def of(row: MeterHour, customer_id: str, attempt: int = 0) -> str:
    """The meter event of an hour, as text that will be sent as it is.

    Its time is the last second of the hour. `attempt` counts identifiers that never arrived.
    """
    hour = calendar.hour_name(row.hour)
    revision = f"{row.revision}.{attempt}" if attempt else str(row.revision)
    event = {
        "event_name": METERS[row.meter].event_name,
        "identifier": f"{row.meter}:{row.account_id}:{hour}:{revision}",
        "payload": {"stripe_customer_id": customer_id, "value": str(row.quantity)},
        "timestamp": row.hour + calendar.HOUR - 1,
    }
    return msgspec.json.encode(event).decode()


def told_by(identifier: str) -> tuple[str, str, int] | None:
    """The account, meter and hour that an event of this identifier is of; None if not ours."""
    found = _IDENTIFIER.fullmatch(identifier)
    if found is None or found[1] not in METERS:
        return None
    try:
        return found[2], found[1], calendar.hour_named(found[3])
    except ValueError:
        return None
