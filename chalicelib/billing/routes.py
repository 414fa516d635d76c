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
from chalicelib.core.http import Api, Call

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
    return views.plan_change(previews.of_change(call.account_id, call.query.get("plan", "")))


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
    return views.upcoming(previews.upcoming(call.account_id))


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
    return schemas.InvoicePage([views.invoice(found) for found in items], cursor)


@api.post("/webhooks/stripe", access="public", body=bytes, status=204)
def receive_from_stripe(call: Call, body: bytes) -> None:
    """Take note of what the payment provider tells."""
    webhooks.receive(body, call.headers.get("stripe-signature", ""))
