"""What Stripe tells us of its own accord.

Nothing in an event is believed but that it is Stripe's, and whom it is about; `subscriptions.apply`
then asks how things are. So events may come twice, late and in any order. An event is claimed while
it is worked on, and remembered once that is done.
"""

from chalicelib.billing import messages, payers, stripe_events, subscriptions, sums
from chalicelib.billing.stripe_events import METER_EVENTS, SUBSCRIPTION_EVENTS, Event
from chalicelib.core import calendar, claims, config
from chalicelib.core.observability import log

_WORK_SECONDS = 60
"""Longer than the API's function may run: then whoever claimed it is dead."""
_REMEMBER_SECONDS = 7 * calendar.DAY
"""Stripe delivers an event for three days (Stripe's documentation, "Webhooks: retries")."""


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
    account_id = event.account_id or payers.of_customer(event.customer_id)
    if account_id is None or payers.read(account_id).customer_id != event.customer_id:
        return None
    return account_id


def _look_for_lost_usage(event: Event) -> None:
    """Stripe took usage, and could not count it; the event has examples."""
    for error in stripe_events.meter_errors(event.id):
        log.error(
            "Stripe could not count usage", identifier=error.identifier, code=error.code,
            why=error.message,
        )  # fmt: skip
        hour = messages.told_by(error.identifier)
        if hour is not None:
            sums.settle(*hour)
