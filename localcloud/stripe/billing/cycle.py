"""The end of a period: what was used is charged, and the plan for the next one, or it ends."""

import copy

from localcloud.stripe.billing import invoicing, lines, periods
from localcloud.stripe.billing.collection import subscription_id
from localcloud.stripe.billing.invoicing import DRAFT_SECONDS, Occasion
from localcloud.stripe.context import Context
from localcloud.stripe.events import emit, emit_change
from localcloud.stripe.parameters import Json


def turn(ctx: Context, subscription: Json) -> None:
    """Begin the next period; `ctx.now` is the end of the last one."""
    if subscription["cancel_at_period_end"]:
        end(ctx, subscription, invoice=True)
        return
    before = copy.deepcopy(subscription)
    customer = ctx.store.get("customer", subscription["customer"])
    period, found = _span(subscription), next_lines(ctx, subscription)
    for item in subscription["items"]["data"]:
        item |= {
            "current_period_start": item["current_period_end"],
            "current_period_end": _end(subscription, item),
        }
    ctx.store.save(subscription)
    collects = subscription["status"] != "unpaid"
    at = ctx.now + DRAFT_SECONDS if collects else None
    occasion = Occasion("subscription_cycle", period, subscription, at, auto_advance=collects)
    invoicing.draft(ctx, customer, found, occasion)
    emit_change(ctx, "customer.subscription.updated", before, subscription)


def end(ctx: Context, subscription: Json, *, invoice: bool) -> Json | None:
    """End a subscription now; `invoice` charges what was used and not charged yet."""
    final = None
    if invoice:
        customer = ctx.store.get("customer", subscription["customer"])
        found = final_lines(ctx, subscription)
        if found:
            period = (_span(subscription)[0], ctx.now)
            occasion = Occasion("subscription_cycle", period, subscription, ctx.now + DRAFT_SECONDS)
            final = invoicing.draft(ctx, customer, found, occasion)
    subscription |= {
        "canceled_at": subscription["canceled_at"] or ctx.now,
        "ended_at": ctx.now,
        "status": "canceled",
    }
    ctx.store.save(subscription)
    _stop_collecting(ctx, subscription)
    emit(ctx, "customer.subscription.deleted", subscription)
    return final


def next_lines(ctx: Context, subscription: Json) -> list[Json]:
    """The invoice at the period's end: single items, the plans from then on, usage until then."""
    plans = [
        lines.licensed(
            ctx, subscription, item, (item["current_period_end"], _end(subscription, item))
        )
        for item in subscription["items"]["data"]
        if not lines.is_metered(item)
    ]
    usage = invoicing.usage_lines(ctx, subscription, _span(subscription)[1])
    return invoicing.pending_lines(ctx, subscription["customer"]) + plans + usage


def final_lines(ctx: Context, subscription: Json) -> list[Json]:
    """The last invoice: single items and usage until now."""
    until = min(ctx.now, _span(subscription)[1])
    pending = invoicing.pending_lines(ctx, subscription["customer"])
    return pending + invoicing.usage_lines(ctx, subscription, until)


def _stop_collecting(ctx: Context, subscription: Json) -> None:
    """What is open is not charged any more by itself once a subscription has ended."""
    for invoice in ctx.store.each("invoice", subscription["customer"]):
        if invoice["status"] == "open" and subscription_id(invoice) == subscription["id"]:
            ctx.store.save(invoice | {"auto_advance": False, "next_payment_attempt": None})


def _span(subscription: Json) -> lines.Span:
    item = subscription["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


def _end(subscription: Json, item: Json) -> int:
    """The end of the item's next period."""
    recurring, moment = item["price"]["recurring"], item["current_period_end"]
    return periods.end_after(subscription["billing_cycle_anchor"], recurring, moment)
