"""Invoices from their making to their finalisation: lines, totals, numbers."""

import copy
from dataclasses import dataclass
from typing import Any

from localcloud.stripe.billing import lines
from localcloud.stripe.context import Context
from localcloud.stripe.events import emit, emit_change
from localcloud.stripe.ids import new_id
from localcloud.stripe.listing import whole
from localcloud.stripe.parameters import Json, absent

DRAFT_SECONDS = 3600
"""How long an invoice stays a draft (Billing docs, "The invoice lifecycle")."""

LINES_SHOWN = 10
"""Lines within an invoice; all are at `/v1/invoices/{id}/lines`."""


@dataclass(frozen=True)
class Occasion:
    """Why there is an invoice, and for when."""

    reason: str
    """Stripe's `billing_reason`."""

    period: lines.Span
    subscription: Json | None = None
    finalizes_at: int | None = None
    auto_advance: bool = True
    proration_date: int | None = None


def draft(ctx: Context, customer: Json, found: list[Json], occasion: Occasion) -> Json:
    """Keep a new invoice with these lines and tell of it."""
    invoice = make(ctx, customer, found, occasion)
    for line in found:
        line["invoice"] = invoice["id"]
        if "_invoice_item" in line:
            item = ctx.store.get("invoiceitem", line["_invoice_item"])
            ctx.store.save(item | {"invoice": invoice["id"]})
    ctx.store.add(invoice)
    if occasion.subscription is not None:
        occasion.subscription["latest_invoice"] = invoice["id"]
        ctx.store.save(occasion.subscription)
    emit(ctx, "invoice.created", invoice)
    return invoice


BLANK: Json = {
    "object": "invoice",
    **absent(
        "account_tax_ids application custom_fields customer_account customer_shipping "
        "default_payment_method default_source description due_date effective_at "
        "ending_balance footer from_invoice hosted_invoice_url invoice_pdf "
        "last_finalization_error latest_revision lines number on_behalf_of "
        "receipt_number rendering shipping_cost shipping_details statement_descriptor "
        "test_clock webhooks_delivered_at"
    ),
    "account_country": "US",
    "account_name": "Stand-in for Stripe",
    "amount_due": 0,
    "amount_overpaid": 0,
    "amount_paid": 0,
    "amount_paid_off_stripe": 0,
    "amount_remaining": 0,
    "amount_shipping": 0,
    "attempt_count": 0,
    "attempted": False,
    "automatic_tax": {
        "disabled_reason": None,
        "enabled": False,
        "liability": None,
        "provider": None,
        "status": None,
    },
    "collection_method": "charge_automatically",
    "currency": "usd",
    "customer_tax_exempt": "none",
    "customer_tax_ids": [],
    "default_tax_rates": [],
    "discounts": [],
    "issuer": {"type": "self"},
    "livemode": False,
    "metadata": {},
    "payment_settings": {
        "default_mandate": None,
        "payment_method_options": None,
        "payment_method_types": None,
    },
    "post_payment_credit_notes_amount": 0,
    "pre_payment_credit_notes_amount": 0,
    "status": "draft",
    "status_transitions": dict.fromkeys(
        ("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")
    ),
    "subtotal": 0,
    "subtotal_excluding_tax": 0,
    "total": 0,
    "total_discount_amounts": [],
    "total_excluding_tax": 0,
    "total_pretax_credit_amounts": [],
    "total_taxes": [],
}
"""An invoice of nobody and nothing."""


def make(ctx: Context, customer: Json, found: list[Json], occasion: Occasion) -> Json:
    """An invoice as it would be, kept nowhere."""
    subscription = occasion.subscription
    id_ = new_id("in")
    invoice: Json = copy.deepcopy(BLANK) | {
        "id": id_,
        "auto_advance": occasion.auto_advance,
        "automatically_finalizes_at": occasion.finalizes_at,
        "billing_reason": occasion.reason,
        "created": ctx.now,
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "next_payment_attempt": occasion.finalizes_at if occasion.auto_advance else None,
        "parent": _parent(subscription, occasion),
        "period_end": occasion.period[1],
        "period_start": occasion.period[0],
        "starting_balance": customer["balance"],
        "_lines": found,
    }
    total_up(invoice)
    return invoice


def total_up(invoice: Json) -> None:
    """The invoice's amounts from its lines, the customer's balance and what was paid."""
    found = invoice["_lines"]
    total = sum(line["amount"] for line in found)
    amount_due = max(0, total + applied_balance(total, invoice["starting_balance"]))
    credited = invoice["pre_payment_credit_notes_amount"]
    url = f"/v1/invoices/{invoice['id']}/lines"
    shown, more = found[:LINES_SHOWN], len(found) > LINES_SHOWN
    invoice |= dict.fromkeys(
        ("subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax"), total
    ) | {
        "amount_due": amount_due - credited,
        "amount_remaining": amount_due - credited - invoice["amount_paid"],
        "lines": whole(url, shown, has_more=more),
    }


def applied_balance(total: int, balance: int) -> int:
    """What of the customer's balance (negative: a credit) changes what is due, in cents."""
    if total <= 0:
        return 0
    return max(balance, -total)


def refresh(ctx: Context, invoice: Json) -> Json:
    """Count a draft's usage anew: what arrives late still belongs to it until it is final."""
    if invoice["status"] != "draft" or not any("_usage" in line for line in invoice["_lines"]):
        return invoice
    before = copy.deepcopy(invoice)
    found, seen = [], set()
    for line in invoice["_lines"]:
        usage: list[Any] | None = line.get("_usage")
        if usage is None:
            found.append(line)
        elif usage[1] not in seen:
            seen.add(usage[1])
            found += _recount(ctx, invoice, line)
    if _amounts(found) == _amounts(invoice["_lines"]):
        return invoice
    invoice["_lines"] = found
    total_up(invoice)
    ctx.store.save(invoice)
    emit_change(ctx, "invoice.updated", before, invoice)
    return invoice


def pending_lines(ctx: Context, customer: str) -> list[Json]:
    """Lines for the customer's invoice items that are on no invoice yet, the oldest first."""
    items = [each for each in ctx.store.each("invoiceitem", customer) if each["invoice"] is None]
    return [lines.of_invoice_item(ctx, each) for each in reversed(items)]


def usage_lines(ctx: Context, subscription: Json, until: int) -> list[Json]:
    """Lines for what the meters counted in each item's period so far."""
    return [
        line
        for item in subscription["items"]["data"]
        if lines.is_metered(item)
        for line in lines.metered(ctx, subscription, item, (item["current_period_start"], until))
    ]


def _recount(ctx: Context, invoice: Json, line: Json) -> list[Json]:
    subscription_id, item_id, start, end = line["_usage"]
    subscription = ctx.store.get("subscription", subscription_id)
    item = next(
        each
        for each in [*subscription["items"]["data"], *subscription.get("_former_items", [])]
        if each["id"] == item_id
    )
    found = lines.metered(ctx, subscription, item, (start, end))
    found[0]["id"] = line["id"]
    return [each | {"invoice": invoice["id"]} for each in found]


def _amounts(found: list[Json]) -> list[tuple[int, int]]:
    return [(line["amount"], line["quantity"]) for line in found]


def _parent(subscription: Json | None, occasion: Occasion) -> Json | None:
    if subscription is None:
        return None
    details = {"metadata": subscription["metadata"], "subscription": subscription["id"]}
    if occasion.proration_date is not None:
        details["subscription_proration_date"] = occasion.proration_date
    return {"type": "subscription_details", "quote_details": None, "subscription_details": details}
