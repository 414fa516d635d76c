"""Stripe's invoices: those that were written, and what the next one would say.

See `stripe_gateway.py`. Money is in dollars, times are seconds since 1970-01-01 UTC.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from chalicelib.billing.stripe_gateway import Refused, client, idempotency_key, told
from chalicelib.billing.stripe_subscriptions import (
    METER_OF_PRODUCT,
    PLAN_OF_PRODUCT,
    Subscription,
    price_id,
)
from chalicelib.billing.vocabulary import InvoiceStatus, LineKind
from chalicelib.plans.catalogue import Plan

if TYPE_CHECKING:
    import stripe


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice; `meter` is our meter's id on a line of usage. Credit is negative."""

    kind: LineKind
    meter: str | None
    description: str
    quantity: int | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Preview:
    """An invoice that isn't written yet. `due` is what would be charged, the sum of the lines.

    Negative, it is credit for later invoices.
    """

    lines: list[Line]
    due: Decimal


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice. `hosted_url` is where it can be paid, `pdf_url` the document itself.

    `period_start` and `period_end` span what its lines are for.
    """

    id: str
    number: str | None
    status: InvoiceStatus
    total: Decimal
    created_at: int
    period_start: int
    period_end: int
    hosted_url: str | None
    pdf_url: str | None


def preview_next(subscription: Subscription) -> Preview:
    """The invoice at the end of the period, as things are."""
    return _preview({"subscription": subscription.id})


def preview_end(subscription: Subscription) -> Preview:
    """The invoice at the end of the period, if the subscription ends with it."""
    return _preview(
        {
            "subscription": subscription.id,
            "subscription_details": {"cancel_at_period_end": True},
        }
    )


def preview_renewal(subscription: Subscription, plan: Plan) -> Preview:
    """The invoice at the end of the period, if the subscription goes on with a plan."""
    details: stripe.params.InvoiceCreatePreviewParamsSubscriptionDetails = {
        "items": [{"id": subscription.plan_item or "", "price": price_id(plan)}],
        "proration_behavior": "none",
    }
    if subscription.ends_at is not None:
        details["cancel_at_period_end"] = False
    return _preview({"subscription": subscription.id, "subscription_details": details})


def preview_change(subscription: Subscription, plan: Plan, at: int) -> Preview:
    """The invoice that a change to a plan as of `at` makes at once."""
    return _preview(
        {
            "subscription": subscription.id,
            "subscription_details": {
                "items": [{"id": subscription.plan_item or "", "price": price_id(plan)}],
                "proration_behavior": "always_invoice",
                "proration_date": at,
            },
        }
    )


def _preview(params: "stripe.params.InvoiceCreatePreviewParams") -> Preview:
    try:
        with told():
            invoice = client().v1.invoices.create_preview(params)
    except Refused as refused:
        if refused.details["reason"] == "invoice_upcoming_none":
            return Preview([], Decimal(0))
        raise
    # Credit of earlier invoices lowers what is due; a negative total becomes such credit.
    due = _dollars(invoice.amount_due if invoice.total > 0 else invoice.total)
    lines = [_line(line) for line in invoice.lines.data]
    return Preview([*lines, *_rest(lines, due)], due)


def _rest(lines: Iterable[Line], due: Decimal) -> list[Line]:
    """What is due beyond the lines: credit that is used up, or taxes."""
    rest = due - sum((line.amount for line in lines), Decimal(0))
    if rest < 0:
        return [Line(LineKind.CREDIT, None, "Credit from earlier invoices", None, rest)]
    return [Line(LineKind.OTHER, None, "Taxes and other items", None, rest)] if rest else []


def _line(line: "stripe.InvoiceLineItem") -> Line:
    details = line.pricing.price_details if line.pricing else None
    product, amount = details.product if details else "", _dollars(line.amount)
    meter = METER_OF_PRODUCT.get(product)
    return Line(_kind(product, amount), meter, line.description or "", line.quantity, amount)


def _kind(product: str, amount: Decimal) -> LineKind:
    if amount < 0:
        return LineKind.CREDIT
    if product in METER_OF_PRODUCT:
        return LineKind.USAGE
    return LineKind.PLAN if product in PLAN_OF_PRODUCT else LineKind.OTHER


def page(customer_id: str, after: str | None, limit: int) -> tuple[list[Invoice], bool]:
    """A customer's invoices after that one, newest first, and whether there are more."""
    params: stripe.params.InvoiceListParams = {"customer": customer_id, "limit": limit}
    if after is not None:
        params["starting_after"] = after
    with told():
        found = client().v1.invoices.list(params)
    return [invoice_of(each) for each in found.data], found.has_more


def invoice_of(invoice: "stripe.Invoice") -> Invoice:
    """One of Stripe's invoices in our terms."""
    start, end = _covered(invoice)
    return Invoice(
        id=invoice.id,
        number=invoice.number,
        status=InvoiceStatus(invoice.status or "draft"),
        total=_dollars(invoice.total),
        created_at=invoice.created,
        period_start=start,
        period_end=end,
        hosted_url=invoice.hosted_invoice_url,
        pdf_url=invoice.invoice_pdf,
    )


def _covered(invoice: "stripe.Invoice") -> tuple[int, int]:
    """The time that an invoice's lines are for.

    Its own period looks back to when its items were added (API reference, Invoice,
    `period_start`): on a first invoice, both ends are the same moment.
    """
    periods = [line.period for line in invoice.lines.data]
    start = min((period.start for period in periods), default=invoice.period_start)
    end = max((period.end for period in periods), default=invoice.period_end)
    return start, end


def unpaid_since(customer_id: str) -> int | None:
    """When the oldest of a customer's unpaid invoices was first not paid; None if all are.

    That is when it became final: Stripe tries the card then.
    """
    with told():
        found = client().v1.invoices.list({"customer": customer_id, "status": "open", "limit": 100})
        return min(
            (
                invoice.status_transitions.finalized_at or invoice.created
                for invoice in found.auto_paging_iter()
                if invoice.attempted and invoice.amount_remaining > 0
            ),
            default=None,
        )


def undo(subscription_id: str) -> None:
    """Refund what was paid for a subscription, and ask for nothing more. May be asked again."""
    with told():
        found = client().v1.invoices.list({"subscription": subscription_id, "limit": 100})
        for invoice in found.auto_paging_iter():
            _undo(invoice)


def _undo(invoice: "stripe.Invoice") -> None:
    if invoice.status == "open":
        client().v1.invoices.void_invoice(invoice.id)
        return
    paid = invoice.amount_paid - invoice.post_payment_credit_notes_amount
    if invoice.status == "paid" and paid > 0:
        client().v1.credit_notes.create(
            {
                "invoice": invoice.id,
                "amount": paid,
                "refund_amount": paid,
                "reason": "duplicate",
            },
            {"idempotency_key": idempotency_key("refund", invoice.id, paid)},
        )


def _dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
