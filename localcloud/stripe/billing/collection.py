"""Collecting what is due: finalising, charging, retrying, and what that does to a subscription."""

import copy

from localcloud.stripe.billing import invoicing
from localcloud.stripe.context import Context
from localcloud.stripe.events import emit, emit_change
from localcloud.stripe.parameters import Json
from localcloud.stripe.resources import customers

RETRY_DAYS = (3, 5, 7)
"""Days from one failed attempt to the next: a custom schedule, as Stripe's settings offer it."""

SMALLEST_CHARGE = 50
"""Cents below which nothing is charged but carried over ("Minimum charge amounts")."""

DAY = 86400
NO_METHOD = "no_payment_method"
"""Why a customer without a card could not be charged."""


def finalize(ctx: Context, invoice: Json) -> Json:
    """Make a draft final: count once more, number it, set the balance off. Charges nothing yet."""
    invoicing.refresh(ctx, invoice)
    customer = ctx.store.get("customer", invoice["customer"])
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04}"
    page = f"{ctx.base}/i/{invoice['id']}"
    invoice["starting_balance"] = customer["balance"]
    invoicing.total_up(invoice)
    invoice |= {
        "automatically_finalizes_at": None,
        "effective_at": ctx.now,
        "hosted_invoice_url": page,
        "invoice_pdf": f"{page}.pdf",
        "next_payment_attempt": None,
        "number": number,
        "status": "open",
        "status_transitions": invoice["status_transitions"] | {"finalized_at": ctx.now},
    }
    invoice["ending_balance"] = _ending_balance(invoice)
    if 0 < invoice["amount_due"] < SMALLEST_CHARGE:
        invoice["ending_balance"] += invoice["amount_due"]
        invoice |= {"amount_due": 0, "amount_remaining": 0}
    change = {"balance": invoice["ending_balance"]}
    customer["next_invoice_sequence"] += 1
    customers.changed(ctx, customer, change)
    ctx.store.save(invoice)
    emit(ctx, "invoice.finalized", invoice)
    return invoice


def finalize_and_charge(ctx: Context, invoice: Json, *, present: bool = False) -> str | None:
    """Make final and charge; gives why it was declined. `present`: the customer is at the page."""
    finalize(ctx, invoice)
    return charge(ctx, invoice, present=present) if invoice["auto_advance"] else None


def charge(
    ctx: Context, invoice: Json, *, present: bool = False, method: str | None = None
) -> str | None:
    """Attempt to charge an open invoice; gives the decline code if it was declined."""
    if invoice["amount_remaining"] <= 0:
        _paid(ctx, invoice)
        return None
    method = method or _method(ctx, invoice)
    card = ctx.store.find(method) if method else None
    reason = NO_METHOD if card is None else card["_charges"]
    invoice |= {"attempt_count": invoice["attempt_count"] + 1, "attempted": True}
    if reason is None or (present and card is not None):
        _paid(ctx, invoice)
        return None
    _failed(ctx, invoice)
    return str(reason)


def settle_subscription(ctx: Context, invoice: Json) -> None:
    """Let a subscription's status follow from what is still unpaid of it."""
    subscription = subscription_of(ctx, invoice)
    if subscription is None or subscription["status"] not in ("past_due", "unpaid"):
        return
    unpaid = [
        each
        for each in ctx.store.each("invoice", subscription["customer"])
        if each["status"] == "open" and subscription_id(each) == subscription["id"]
    ]
    if not unpaid:
        set_status(ctx, subscription, "active")


def set_status(ctx: Context, subscription: Json, status: str) -> None:
    """Change a subscription's status and tell of it."""
    before = copy.deepcopy(subscription)
    subscription["status"] = status
    ctx.store.save(subscription)
    emit_change(ctx, "customer.subscription.updated", before, subscription)


def subscription_of(ctx: Context, invoice: Json) -> Json | None:
    """The subscription that an invoice is for."""
    id_ = subscription_id(invoice)
    return ctx.store.get("subscription", id_) if id_ else None


def subscription_id(invoice: Json) -> str | None:
    """Its id."""
    parent = invoice["parent"]
    found: str | None = parent["subscription_details"]["subscription"] if parent else None
    return found


def _ending_balance(invoice: Json) -> int:
    """The customer's balance afterwards: a negative total becomes a credit."""
    total, balance = invoice["total"], int(invoice["starting_balance"])
    if total < 0:
        return balance + int(total)
    return balance - invoicing.applied_balance(total, balance)


def _method(ctx: Context, invoice: Json) -> str | None:
    subscription = subscription_of(ctx, invoice)
    customer = ctx.store.get("customer", invoice["customer"])
    found: str | None = (
        invoice["default_payment_method"]
        or (subscription and subscription["default_payment_method"])
        or customer["invoice_settings"]["default_payment_method"]
    )
    return found


def _paid(ctx: Context, invoice: Json) -> None:
    invoice |= {
        "amount_paid": invoice["amount_paid"] + invoice["amount_remaining"],
        "amount_remaining": 0,
        "attempted": True,
        "auto_advance": False,
        "next_payment_attempt": None,
        "status": "paid",
        "status_transitions": invoice["status_transitions"] | {"paid_at": ctx.now},
    }
    ctx.store.save(invoice)
    emit(ctx, "invoice.paid", invoice)
    emit(ctx, "invoice.payment_succeeded", invoice)
    _set_delinquent(ctx, invoice, delinquent=False)
    settle_subscription(ctx, invoice)


def _failed(ctx: Context, invoice: Json) -> None:
    attempts = invoice["attempt_count"]
    again = attempts <= len(RETRY_DAYS)
    at = ctx.now + RETRY_DAYS[attempts - 1] * DAY if again else None
    invoice["next_payment_attempt"] = at if invoice["auto_advance"] else None
    ctx.store.save(invoice)
    emit(ctx, "invoice.payment_failed", invoice)
    _set_delinquent(ctx, invoice, delinquent=True)
    subscription = subscription_of(ctx, invoice)
    if subscription is None or subscription["status"] == "canceled":
        return
    status = "past_due" if again and subscription["status"] != "unpaid" else "unpaid"
    if subscription["status"] != status:
        set_status(ctx, subscription, status)


def _set_delinquent(ctx: Context, invoice: Json, *, delinquent: bool) -> None:
    customer = ctx.store.get("customer", invoice["customer"])
    before = dict(customer)
    customer["delinquent"] = delinquent
    ctx.store.save(customer)
    emit_change(ctx, "customer.updated", before, customer)
