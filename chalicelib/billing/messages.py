"""The meter events by which Stripe is told of hours (API reference, "Meter events")."""

import re

import msgspec

from chalicelib.billing.stripe_names import event_name
from chalicelib.core import calendar
from chalicelib.metering.service import MeterHour
from chalicelib.plans.catalogue import METERS

_IDENTIFIER = re.compile(r"(\w+):(acc_\w+):(\d{4}-\d\d-\d\dT\d\d):[\w.:]+")
_RANDOM = 16
"""Characters at an id's end that no other id has (`core/ids.py`): a whole one more would be longer
than Stripe lets an identifier be, 100 characters."""


def of(row: MeterHour, customer_id: str, attempt: int = 0) -> str:
    """The meter event of an hour, as text that will be sent as it is.

    Its time is the last second of the hour. `attempt` counts identifiers that never arrived.
    """
    identifier = f"{row.meter}:{row.payer_id}:{calendar.hour_name(row.hour)}:{row.revision}"
    if attempt:
        identifier += f".{attempt}"
    if row.account_id != row.payer_id:
        identifier += f":{row.account_id[-_RANDOM:]}"
    event = {
        "event_name": event_name(METERS[row.meter]),
        "identifier": identifier,
        "payload": {"stripe_customer_id": customer_id, "value": str(row.quantity)},
        "timestamp": row.hour + calendar.HOUR - 1,
    }
    return msgspec.json.encode(event).decode()


def told_by(identifier: str) -> tuple[str, str, int] | None:
    """The payer, meter and hour that an event of this identifier is of; None if not ours."""
    found = _IDENTIFIER.fullmatch(identifier)
    if found is None or found[1] not in METERS:
        return None
    try:
        return found[2], found[1], calendar.hour_named(found[3])
    except ValueError:
        return None
