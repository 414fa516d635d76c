"""The adapter to Stripe, and the only place that imports its library: late, for it takes 0.3 s.

Amounts go to Stripe and come from it in cents; here they are dollars. Facts about Stripe that the
code relies on are named where it does.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import msgspec

from chalicelib.billing import calendar
from chalicelib.billing.catalogue import METERS
from chalicelib.core import aws, config

if TYPE_CHECKING:
    import stripe

_TIMEOUT = (3, 10)
"""Seconds to connect, and to wait for an answer: less than API Gateway's 29 s."""
_RETRIES = 2


class Secret(msgspec.Struct, frozen=True):
    """What Secrets Manager keeps of Stripe."""

    api_key: str
    webhook_secret: str


@lru_cache(maxsize=1)
def _secret() -> Secret:
    answer = aws.client("secretsmanager").get_secret_value(
        SecretId=config.settings().stripe_secret_arn
    )
    return msgspec.json.decode(answer["SecretString"], type=Secret)


@lru_cache(maxsize=1)
def _client() -> "stripe.StripeClient":
    import stripe  # noqa: PLC0415  late, see above

    # Otherwise the library writes a file into the home directory, and sends what it measured.
    stripe.enable_telemetry = False
    base = config.settings().stripe_api_base
    return stripe.StripeClient(
        _secret().api_key,
        http_client=stripe.RequestsClient(timeout=_TIMEOUT),
        max_network_retries=_RETRIES,
        # One left out would be the real Stripe's.
        base_addresses={"api": base, "connect": base, "files": base, "meter_events": base},
    )


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
        _client().v1.billing.meter_events.create(
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
    meters = _client().v1.billing.meters.list({"status": "active", "limit": 100})
    return {meter.event_name: meter.id for meter in meters.auto_paging_iter()}


def usage_of_hour(customer_id: str, event_name: str, hour: int) -> int:
    """What Stripe has counted for a customer in the hour that starts at this second."""
    return usage_by_hour(customer_id, event_name, hour, hour + calendar.HOUR).get(hour, 0)


def usage_by_hour(customer_id: str, event_name: str, start: int, end: int) -> dict[int, int]:
    """What Stripe has counted in `[start, end)`, by the start of each hour. Both are full hours."""
    summaries = _client().v1.billing.meters.event_summaries.list(
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
    """Keep the draft of the period that ends at this second from being final before `at`."""
    for invoice in _invoices_of(customer_id, period_end):
        if invoice.status == "draft":
            _client().v1.invoices.update(invoice.id or "", {"automatically_finalizes_at": at})


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
            event_name = _event_name_of(line)
            if event_name is not None:
                counted[event_name] += line.quantity or 0
    return {meter.id: counted[meter.event_name] for meter in METERS.values()}


def _invoices_of(customer_id: str, period_end: int) -> "list[stripe.Invoice]":
    """Invoices at the end of a period; an invoice's own period is the one that it closes."""
    found = _client().v1.invoices.list({"customer": customer_id, "limit": 100})
    return [
        invoice
        for invoice in found.auto_paging_iter()
        if invoice.period_end == period_end and invoice.status != "void"
    ]


def _lines_of(invoice: "stripe.Invoice") -> "Iterator[stripe.InvoiceLineItem]":
    return (
        _client().v1.invoices.line_items.list(invoice.id or "", {"limit": 100}).auto_paging_iter()
    )


def _event_name_of(line: "stripe.InvoiceLineItem") -> str | None:
    """The meter that a line charges; None if it charges something else."""
    details = line.pricing.price_details if line.pricing else None
    return _event_name_of_price(str(details.price)) if details else None


@lru_cache(maxsize=256)
def _event_name_of_price(price_id: str) -> str | None:
    # Prices never change but for their names; the older ones of a meter have no lookup key.
    recurring = _client().v1.prices.retrieve(price_id).recurring
    names = {id_: name for name, id_ in _meter_ids().items()}
    return names.get(str(recurring.meter)) if recurring and recurring.meter else None
