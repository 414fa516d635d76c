"""Stripe's events: who says so, and what it is about; see `stripe_gateway.py`.

An event says that something happened, not how things are: events come twice, late and in any order.
Whoever hears one asks Stripe how things are.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from chalicelib.billing.stripe_gateway import client, secret, signature_is_good, told
from chalicelib.core.errors import BadRequest

TOLERANCE_SECONDS = 300
"""Age of a signature from which it is not believed any more (Stripe's own default)."""

SUBSCRIPTION_EVENTS = (
    "checkout.session.completed",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "invoice.created",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.voided",
    "invoice.marked_uncollectible",
)
"""After which an account may stand otherwise."""

METER_EVENTS = (
    "v1.billing.meter.error_report_triggered",
    "v1.billing.meter.no_meter_found",
)
"""That usage was taken and then not counted. These are thin: they say where to read what it was."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event that Stripe has signed. Of its object, what leads to an account."""

    id: str
    type: str
    customer_id: str | None
    account_id: str | None
    stage: str | None


@dataclass(frozen=True, slots=True)
class MeterError:
    """Usage that Stripe could not count: one example of a kind."""

    identifier: str
    code: str
    message: str


class _SubscriptionDetails(msgspec.Struct):
    metadata: dict[str, str] | None = None


class _Parent(msgspec.Struct):
    subscription_details: _SubscriptionDetails | None = None


class _Object(msgspec.Struct):
    customer: str | None = None
    metadata: dict[str, str] | None = None
    parent: _Parent | None = None


class _Data(msgspec.Struct):
    object: _Object = msgspec.field(default_factory=_Object)


class _Event(msgspec.Struct):
    id: str
    type: str
    data: _Data = msgspec.field(default_factory=_Data)


def read(body: bytes, signature: str) -> Event:
    """The event in a request. Raises `BadRequest` unless Stripe has signed it just now."""
    if not _is_signed(body, signature):
        raise BadRequest("This is not signed by our payment provider.", code="bad_signature")
    try:
        event = msgspec.json.decode(body, type=_Event)
    except msgspec.DecodeError as error:
        raise BadRequest("This is no event.", code="not_json") from error
    noted = _metadata(event.data.object)
    return Event(
        id=event.id,
        type=event.type,
        customer_id=event.data.object.customer,
        account_id=noted.get("ramon_account"),
        stage=noted.get("ramon_stage"),
    )


def _is_signed(body: bytes, signature: str) -> bool:
    keys = [key for key in (secret().webhook_secret, secret().thin_webhook_secret) if key]
    return signature.isascii() and any(
        signature_is_good(body, signature, key, TOLERANCE_SECONDS) for key in keys
    )


def _metadata(found: _Object) -> dict[str, str]:
    details = found.parent.subscription_details if found.parent else None
    return found.metadata or (details.metadata if details else None) or {}


def meter_errors(event_id: str) -> list[MeterError]:
    """What a thin event about meters tells when it is read: examples of each kind of error."""
    with told():
        event: Any = client().v2.core.events.retrieve(event_id)
    return [
        MeterError(sample.request.identifier, kind.code, sample.error_message)
        for kind in event.data.reason.error_types
        for sample in kind.sample_errors
    ]
