"""What Stripe tells us of its own accord.

Nothing in an event is believed but that it is Stripe's, and whom it is about; `subscriptions.apply`
then asks how things are. So events may come twice, late and in any order. An event is claimed while
it is worked on, and remembered once that is done.
"""

import re

from chalicelib.billing import calendar, limits, outbox, stripe_events, subscriptions
from chalicelib.billing.catalogue import METERS
from chalicelib.billing.models import BillingAccount
from chalicelib.billing.stripe_events import METER_EVENTS, SUBSCRIPTION_EVENTS, Event
from chalicelib.core import claims, config
from chalicelib.core.observability import log

_WORK_SECONDS = 60
"""Longer than the API's function may run: then whoever claimed it is dead."""
_REMEMBER_SECONDS = 7 * calendar.DAY
"""Stripe delivers an event for three days (Stripe's documentation, "Webhooks: retries")."""
_IDENTIFIER = re.compile(r"(\w+):(acc_\w+):(\d{4}-\d\d-\d\dT\d\d):[\d.]+")
"""A message of ours (`outbox.py`)."""


def receive(body: bytes, signature: str) -> None:
    """Take note of an event. Raises `BadRequest` unless it is Stripe's, `Conflict` (`busy`)."""
    event = stripe_events.read(body, signature)
    if event.type in METER_EVENTS:
        _once(event, lambda: _look_for_lost_usage(event))
    elif event.type in SUBSCRIPTION_EVENTS:
        account_id = _account_of(event)
        if account_id is not None:
            _once(event, lambda: _apply(account_id))


def _once(event: Event, work: claims.Work) -> None:
    claims.once(f"stripe:{event.id}", _WORK_SECONDS, _REMEMBER_SECONDS, work)


def _apply(account_id: str) -> None:
    subscriptions.apply(account_id)


def _account_of(event: Event) -> str | None:
    """The account that an event is about; None if it is none of this stage's."""
    if event.customer_id is None or event.stage not in (None, config.stage()):
        return None
    account_id = event.account_id or _account_of_customer(event.customer_id)
    if account_id is None or limits.read(account_id).customer_id != event.customer_id:
        return None
    return account_id


def _account_of_customer(customer_id: str) -> str | None:
    found = list(BillingAccount.by_customer.query(customer_id))
    return found[0].account_id if found else None


def _look_for_lost_usage(event: Event) -> None:
    """Stripe took usage, and could not count it; the event has examples."""
    for error in stripe_events.meter_errors(event.id):
        log.error(
            "Stripe could not count usage", identifier=error.identifier, code=error.code,
            why=error.message,
        )  # fmt: skip
        message = _message_of(error.identifier)
        if message is not None:
            outbox.settle_by_summary(*message)


def _message_of(identifier: str) -> tuple[str, str, int] | None:
    """The account, meter and hour of a message; None if it isn't one of ours."""
    found = _IDENTIFIER.fullmatch(identifier)
    if found is None or found[1] not in METERS:
        return None
    try:
        return found[2], found[1], calendar.hour_named(found[3])
    except ValueError:
        return None
