"""Routes of billing."""

from decimal import Decimal

from chalicelib.billing import (
    checkout,
    invoices,
    limits,
    previews,
    rights,
    schemas,
    subscriptions,
    views,
    webhooks,
)
from chalicelib.billing.standing import standing
from chalicelib.billing.stripe_invoices import Invoice
from chalicelib.core import clock
from chalicelib.core.http import Api, Call
from chalicelib.core.money import cents

_MOST_INVOICES = 100
_FEW_INVOICES = 20

api = Api("billing", may=rights.SERVE)


@api.get("/billing", scope="account:read", returns=schemas.Billing)
def read_billing(call: Call) -> schemas.Billing:
    """Read how the account stands this month."""
    return views.billing_of(standing(call.account_id))


@api.get("/usage/now", scope="account:read", returns=schemas.UsageNow)
def read_usage_now(call: Call) -> schemas.UsageNow:
    """Read what runs at the moment, and what it costs."""
    return views.usage_now(call.account_id)


@api.put(
    "/billing/limit",
    access="session",
    body=schemas.SetLimit,
    returns=schemas.Billing,
    versioned=True,
)
def set_limit(call: Call, body: schemas.SetLimit) -> schemas.Billing:
    """Set the most to spend beyond the plan in a month."""
    amount = None if body.limit_usd is None else Decimal(body.limit_usd)
    limits.set_limit(call.account_id, amount, call.if_match())
    return views.billing_of(standing(call.account_id))


@api.post(
    "/billing/checkout",
    access="session",
    body=schemas.Checkout,
    returns=schemas.Link,
    status=201,
)
def begin_checkout(call: Call, body: schemas.Checkout) -> schemas.Link:
    """Go to subscribe to a plan."""
    return schemas.Link(checkout.begin(call.account_id, body.plan))


@api.get(
    "/billing/plan-change",
    access="session",
    returns=schemas.PlanChange,
    query=("plan",),
)
def preview_plan_change(call: Call) -> schemas.PlanChange:
    """See what a change of plan would cost."""
    return _change(previews.of_change(call.account_id, call.query.get("plan", "")))


@api.post("/billing/plan", access="session", body=schemas.ChangePlan, returns=schemas.Billing)
def change_plan(call: Call, body: schemas.ChangePlan) -> schemas.Billing:
    """Change the plan; the free one ends the subscription with its period."""
    subscriptions.change(call.account_id, body.plan, body.proration_at)
    return views.billing_of(standing(call.account_id))


@api.post("/billing/portal", access="session", returns=schemas.Link, status=201)
def open_portal(call: Call) -> schemas.Link:
    """Go to change cards and find receipts."""
    return schemas.Link(subscriptions.portal(call.account_id))


@api.get("/billing/upcoming", scope="account:read", returns=schemas.Upcoming)
def read_upcoming_invoice(call: Call) -> schemas.Upcoming:
    """Read what the next invoice says so far."""
    return _upcoming(previews.upcoming(call.account_id))


@api.get(
    "/billing/invoices",
    scope="account:read",
    returns=schemas.InvoicePage,
    query=("cursor", "limit"),
)
def list_invoices(call: Call) -> schemas.InvoicePage:
    """List invoices, newest first."""
    limit = call.limit(_FEW_INVOICES, _MOST_INVOICES)
    items, cursor = invoices.page(call.account_id, call.query.get("cursor"), limit)
    return schemas.InvoicePage([_invoice(found) for found in items], cursor)


@api.post("/webhooks/stripe", access="public", body=bytes, status=204)
def receive_from_stripe(call: Call, body: bytes) -> None:
    """Take note of what the payment provider tells."""
    webhooks.receive(body, call.headers.get("stripe-signature", ""))


def _change(change: previews.PlanChange) -> schemas.PlanChange:
    return schemas.PlanChange(
        plan=change.plan.id,
        effective=change.effective,
        effective_at=clock.moment(change.effective_at),
        due_today_usd=cents(change.due_today),
        lines=[schemas.ChangeLine(line.description, cents(line.amount)) for line in change.lines],
        next_total_usd=cents(change.next_total),
        next_at=clock.moment(change.next_at),
        proration_at=change.proration_at,
    )


def _upcoming(upcoming: previews.Upcoming) -> schemas.Upcoming:
    return schemas.Upcoming(
        lines=[
            schemas.InvoiceLine(
                line.kind, line.meter, line.description, line.quantity, cents(line.amount)
            )
            for line in upcoming.lines
        ],
        total_usd=cents(upcoming.total),
        invoice_at=clock.moment(upcoming.at),
        unsent_usd=f"{upcoming.unsent:.6f}",
    )


def _invoice(invoice: Invoice) -> schemas.Invoice:
    return schemas.Invoice(
        id=invoice.id,
        number=invoice.number,
        status=invoice.status,
        total_usd=cents(invoice.total),
        created_at=clock.moment(invoice.created_at),
        period_start=clock.moment(invoice.period_start),
        period_end=clock.moment(invoice.period_end),
        hosted_url=invoice.hosted_url,
        pdf_url=invoice.pdf_url,
    )
