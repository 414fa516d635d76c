"""Routes of billing."""

from datetime import UTC, datetime
from decimal import Decimal

from chalicelib.billing import (
    catalogue,
    checkout,
    invoices,
    limits,
    previews,
    schemas,
    subscriptions,
    webhooks,
)
from chalicelib.billing.stripe_invoices import Invoice
from chalicelib.billing.usage_routes import billing_of
from chalicelib.billing.usage_schemas import Billing
from chalicelib.core.http import Api, Call

_MOST_INVOICES = 100
_FEW_INVOICES = 20

api = Api("billing")


@api.get("/plans", access="public", returns=schemas.Catalogue)
def list_plans(_call: Call) -> schemas.Catalogue:
    """List plans and sizes with their prices."""
    return schemas.Catalogue(
        plans=[_plan(plan) for plan in catalogue.PLANS.values()],
        sizes=[_size(size) for size in catalogue.SIZES.values()],
        meters=[_meter(meter) for meter in catalogue.METERS.values()],
    )


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


@api.post("/billing/plan", access="session", body=schemas.ChangePlan, returns=Billing)
def change_plan(call: Call, body: schemas.ChangePlan) -> Billing:
    """Change the plan; the free one ends the subscription with its period."""
    subscriptions.change(call.account_id, body.plan, body.proration_at)
    return billing_of(limits.standing(call.account_id))


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


def _plan(plan: catalogue.Plan) -> schemas.Plan:
    return schemas.Plan(
        id=plan.id,
        name=plan.name,
        price_usd_month=_cents(plan.price_usd_month),
        notebooks_at_once=plan.notebooks_at_once,
        included_size=plan.included_size,
        storage_gib=plan.storage_gib,
        most_storage_gib=plan.most_storage_gib,
        has_usage=plan.has_usage,
        default_limit_usd=None
        if plan.default_limit_usd is None
        else _cents(plan.default_limit_usd),
        cluster_vcpus_at_once=plan.cluster_vcpus_at_once,
        summary=plan.summary,
    )


def _size(size: catalogue.Size) -> schemas.Size:
    return schemas.Size(
        id=size.id,
        name=size.name,
        vcpu=float(size.vcpu),
        memory_gib=size.memory_gib,
        gpu=size.gpu,
        price_usd_hour=f"{size.price_usd_hour:.4f}",
        extra_usd_hour={plan.id: _extra(plan, size) for plan in catalogue.PLANS.values()},
    )


def _extra(plan: catalogue.Plan, size: catalogue.Size) -> str | None:
    extra = plan.extra_usd_hour(size.units)
    return None if extra is None else f"{extra:.4f}"


def _meter(meter: catalogue.Meter) -> schemas.Meter:
    return schemas.Meter(
        id=meter.id,
        name=meter.name,
        unit=meter.unit,
        price_usd=f"{meter.price_usd:f}",
        example=meter.example,
    )


def _change(change: previews.PlanChange) -> schemas.PlanChange:
    return schemas.PlanChange(
        plan=change.plan.id,
        effective=change.effective,
        effective_at=_at(change.effective_at),
        due_today_usd=_cents(change.due_today),
        lines=[schemas.ChangeLine(line.description, _cents(line.amount)) for line in change.lines],
        next_total_usd=_cents(change.next_total),
        next_at=_at(change.next_at),
        proration_at=change.proration_at,
    )


def _upcoming(upcoming: previews.Upcoming) -> schemas.Upcoming:
    return schemas.Upcoming(
        lines=[
            schemas.InvoiceLine(
                line.kind, line.meter, line.description, line.quantity, _cents(line.amount)
            )
            for line in upcoming.lines
        ],
        total_usd=_cents(upcoming.total),
        invoice_at=_at(upcoming.at),
        unsent_usd=f"{upcoming.unsent:.6f}",
    )


def _invoice(invoice: Invoice) -> schemas.Invoice:
    return schemas.Invoice(
        id=invoice.id,
        number=invoice.number,
        status=invoice.status,
        total_usd=_cents(invoice.total),
        created_at=_at(invoice.created_at),
        period_start=_at(invoice.period_start),
        period_end=_at(invoice.period_end),
        hosted_url=invoice.hosted_url,
        pdf_url=invoice.pdf_url,
    )


def _cents(dollars: Decimal) -> str:
    return f"{dollars:.2f}"


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
