"""The adapter to Stripe, and the only place that imports its library: late, for it takes 0.3 s.

The client, what its errors mean, and usage are here; `stripe_subscriptions.py`,
`stripe_invoices.py` and `stripe_events.py` speak of the rest. Amounts go to Stripe and come from it
in cents; here they are dollars. Facts about Stripe that the code relies on are named where it does.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import msgspec

from chalicelib.billing import stripe_names
from chalicelib.core import aws, calendar, clock, config
from chalicelib.core.errors import Conflict, PaymentRequired, RamonError, Upstream
from chalicelib.core.observability import log
from chalicelib.plans.catalogue import METERS

if TYPE_CHECKING:
    import stripe

_TIMEOUT = (3, 10)
"""Seconds to connect, and to wait for an answer: less than API Gateway's 29 s."""
_RETRIES = 2


_SECRET_SECONDS = 300
"""How long a process may go on with keys that have been replaced."""
LIVE_KEYS = ("sk_live", "rk_live")
"""How keys begin with which real money moves."""


class WrongKey(RuntimeError):
    """A key that this stage must not have."""


class Refused(Upstream):
    """Stripe understood and said no; `details["reason"]` is its code."""


class Secret(msgspec.Struct, frozen=True):
    """What Secrets Manager keeps of Stripe. Thin events are signed with a secret of their own."""

    api_key: str
    webhook_secret: str
    thin_webhook_secret: str = ""


def secret() -> Secret:
    """The keys of this stage. Raises `WrongKey` where play would move real money."""
    found = _secret_at(clock.seconds() // _SECRET_SECONDS)
    if config.stage() == "local" and found.api_key.startswith(LIVE_KEYS):
        raise WrongKey("The stage local takes no live key of Stripe.")
    return found


@lru_cache(maxsize=1)
def _secret_at(_age: int) -> Secret:
    answer = aws.client("secretsmanager").get_secret_value(
        SecretId=config.settings().stripe_secret_arn
    )
    return msgspec.json.decode(answer["SecretString"], type=Secret)


def client() -> "stripe.StripeClient":
    """Stripe's own client, for the modules of this adapter."""
    return _client_with(secret().api_key)


@lru_cache(maxsize=1)
def _client_with(api_key: str) -> "stripe.StripeClient":
    import stripe  # noqa: PLC0415  late, see above

    # Otherwise the library writes a file into the home directory, and sends what it measured.
    stripe.enable_telemetry = False
    base = config.settings().stripe_api_base
    return stripe.StripeClient(
        api_key,
        http_client=stripe.RequestsClient(timeout=_TIMEOUT),
        max_network_retries=_RETRIES,
        # One left out would be the real Stripe's.
        base_addresses={"api": base, "connect": base, "files": base, "meter_events": base},
    )


@contextmanager
def told() -> Iterator[None]:
    """Tell Stripe's errors as our own.

    `PaymentRequired` for a refused payment, with the bank's words; `Conflict` (`busy`) while
    another request is at the same thing; `Refused` if it can't be done; `Upstream` for everything
    else.
    """
    import stripe  # noqa: PLC0415  late, see above

    try:
        yield
    except stripe.StripeError as error:
        raise _told(error) from error


def _told(error: "stripe.StripeError") -> RamonError:
    reason = str(error.user_message or error)
    if error.http_status == 402:
        return PaymentRequired(
            f"The payment was refused: {reason} Change the card on the billing page, and try again."
        )
    if error.http_status == 409:
        return Conflict("This is being done already. Please try again.", code="busy")
    log.warning("Stripe refuses", status=error.http_status, request_id=error.request_id, why=reason)
    message = "Our payment provider did not answer as expected. Please try again in a moment."
    if error.http_status in (400, 404):
        return Refused(message, reason=error.code)
    return Upstream(message)


def idempotency_key(what: str, *of: object) -> str:
    """A key by which Stripe does a thing once: the same for whoever asks for the same.

    Stripe keeps an answer for at least 24 h, errors too (API reference, "Idempotent requests").
    """
    digest = hashlib.sha256(repr((config.stage(), *of)).encode()).hexdigest()
    return f"{what}:{digest[:40]}"


def signature_is_good(body: bytes, header: str, signing_secret: str, tolerance: int) -> bool:
    """Whether Stripe signed this body with that secret, at most `tolerance` seconds ago."""
    import stripe  # noqa: PLC0415  late, see above

    try:
        stripe.WebhookSignature.verify_header(body, header, signing_secret, tolerance)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message. Neither arrived nor refused: nobody knows."""

    has_arrived: bool
    is_unknown: bool
    message: str


def report_usage(event: Mapping[str, Any]) -> Delivery:
    """Tell Stripe of usage: one meter event. Never raises for what Stripe may answer.

    A 400 that says that the identifier exists is a delivery. Other refusals but 409 and 429 are
    final. Everything else (no answer, 5xx) leaves open whether the event has arrived. The
    library's own retries are off: it would keep the key under which Stripe stores a 500.
    """
    import stripe  # noqa: PLC0415  late, see above

    try:
        client().v1.billing.meter_events.create(
            cast("stripe.params.billing.MeterEventCreateParams", event),
            {"max_network_retries": 0},
        )
    except stripe.InvalidRequestError as error:
        message = str(error.user_message or error)
        if "already exists with identifier" in message:
            return Delivery(has_arrived=True, is_unknown=False, message="duplicate")
        if error.http_status in (409, 429):
            return Delivery(has_arrived=False, is_unknown=True, message=message)
        return Delivery(has_arrived=False, is_unknown=False, message=message)
    except stripe.StripeError as error:
        return Delivery(has_arrived=False, is_unknown=True, message=str(error))
    return Delivery(has_arrived=True, is_unknown=False, message="accepted")


@lru_cache(maxsize=1)
def _meter_ids() -> Mapping[str, str]:
    """Stripe's ids of the meters by their event names."""
    meters = client().v1.billing.meters.list({"status": "active", "limit": 100})
    return {meter.event_name: meter.id for meter in meters.auto_paging_iter()}


def usage_of_hour(customer_id: str, event_name: str, hour: int) -> int:
    """What Stripe has counted for a customer in the hour that starts at this second."""
    return usage_by_hour(customer_id, event_name, hour, hour + calendar.HOUR).get(hour, 0)


def usage_by_hour(customer_id: str, event_name: str, start: int, end: int) -> dict[int, int]:
    """What Stripe has counted in `[start, end)`, by the start of each hour. Both are full hours."""
    summaries = client().v1.billing.meters.event_summaries.list(
        _meter_ids()[event_name],
        {
            "customer": customer_id,
            "start_time": start,
            "end_time": end,
            "value_grouping_window": "hour",
            "limit": 100,
        },
    )
    return {
        summary.start_time: int(summary.aggregated_value)
        for summary in summaries.auto_paging_iter()
        if summary.aggregated_value
    }


def put_off_invoice(customer_id: str, period_end: int, at: int) -> None:
    """Keep the draft of the period that ends at this second from being final before about `at`.

    One that is put off for nearly as long already is left alone.
    """
    for invoice in _invoices_of(customer_id, period_end):
        is_soon = (invoice.automatically_finalizes_at or 0) < at - calendar.HOUR
        if invoice.status == "draft" and is_soon:
            client().v1.invoices.update(invoice.id or "", {"automatically_finalizes_at": at})


def invoiced_quantities(customer_id: str, period_end: int) -> dict[str, int] | None:
    """What the invoice of the period that ends at this second charges, by our meters' ids.

    None if there is no such invoice (yet).
    """
    invoices = _invoices_of(customer_id, period_end)
    if not invoices:
        return None
    counted: Counter[str] = Counter()
    for invoice in invoices:
        for line in _lines_of(invoice):
            event_name = event_name_of(line)
            if event_name is not None:
                counted[event_name] += line.quantity or 0
    return {meter.id: counted[stripe_names.event_name(meter)] for meter in METERS.values()}


def _invoices_of(customer_id: str, period_end: int) -> "list[stripe.Invoice]":
    """Invoices at the end of a period; an invoice's own period is the one that it closes."""
    found = client().v1.invoices.list({"customer": customer_id, "limit": 100})
    return [
        invoice
        for invoice in found.auto_paging_iter()
        if invoice.period_end == period_end and invoice.status != "void"
    ]


def _lines_of(invoice: "stripe.Invoice") -> "Iterator[stripe.InvoiceLineItem]":
    return client().v1.invoices.line_items.list(invoice.id or "", {"limit": 100}).auto_paging_iter()


def event_name_of(line: "stripe.InvoiceLineItem") -> str | None:
    """The meter that a line charges; None if it charges something else."""
    details = line.pricing.price_details if line.pricing else None
    return _event_name_of_price(str(details.price)) if details else None


@lru_cache(maxsize=256)
def _event_name_of_price(price_id: str) -> str | None:
    # Prices never change but for their names; the older ones of a meter have no lookup key.
    recurring = client().v1.prices.retrieve(price_id).recurring
    names = {id_: name for name, id_ in _meter_ids().items()}
    return names.get(str(recurring.meter)) if recurring and recurring.meter else None
