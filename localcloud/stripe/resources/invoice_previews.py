"""Previews: the next invoice, or the one that a change of plan would make at once."""

import copy

from localcloud.stripe.billing import changes, cycle, invoicing, lines
from localcloud.stripe.billing.invoicing import Occasion
from localcloud.stripe.context import Context
from localcloud.stripe.errors import invalid
from localcloud.stripe.ids import new_id
from localcloud.stripe.operations import operation
from localcloud.stripe.parameters import (
    Json,
    array,
    boolean,
    clearable,
    group,
    integer,
    only,
    operation_parameters,
    text,
)
from localcloud.stripe.resources.subscriptions import (
    ITEM,
    PRORATION,
    cancel_at_period_end,
    change_of,
)


@operation(
    "POST /v1/invoices/create_preview",
    operation_parameters(
        {
            "customer": text(),
            "preview_mode": only("next"),
            "subscription": text(),
            "subscription_details": group(
                {
                    "cancel_at_period_end": boolean,
                    "items": clearable(array(ITEM, most=20)),
                    "proration_behavior": PRORATION,
                    "proration_date": integer,
                },
                elsewhere="billing_cycle_anchor billing_mode billing_schedules cancel_at cancel_now"
                " default_tax_rates metadata resume_at start_date trial_end",
            ),
        },
        elsewhere="automatic_tax currency customer_account customer_details discounts invoice_items"
        " issuer on_behalf_of schedule schedule_details",
    ),
)
def create(ctx: Context, asked: Json) -> Json:
    """An invoice that does not exist. With `always_invoice` and a change it is the change's own."""
    if "subscription" not in asked:
        raise invalid("Previews without a subscription are not known here.", "subscription")
    subscription = ctx.store.get("subscription", asked["subscription"], "subscription")
    if asked.get("customer", subscription["customer"]) != subscription["customer"]:
        raise invalid("The subscription belongs to another customer.", "customer")
    if subscription["status"] == "canceled":
        raise invalid("No upcoming invoices.", "subscription", "invoice_upcoming_none")
    return _preview(ctx, copy.deepcopy(subscription), asked.get("subscription_details", {}))


def _preview(ctx: Context, subscription: Json, details: Json) -> Json:
    """`subscription` is a copy that the change is tried on."""
    prorations: list[Json] = []
    if "cancel_at_period_end" in details:
        cancel_at_period_end(ctx, subscription, wanted=details["cancel_at_period_end"])
    if details.get("items"):
        prorations = changes.apply(ctx, subscription, change_of(details))
    customer = ctx.store.get("customer", subscription["customer"])
    added = [lines.of_invoice_item(ctx, each) for each in prorations]
    proration_date = details.get("proration_date")
    item = subscription["items"]["data"][0]
    period = (item["current_period_start"], item["current_period_end"])
    if details.get("proration_behavior") == "always_invoice" and prorations:
        pending = invoicing.pending_lines(ctx, customer["id"])
        occasion = Occasion(
            "subscription_update",
            (ctx.now, ctx.now),
            subscription,
            proration_date=ctx.now if proration_date is None else proration_date,
        )
        return _shown(ctx, invoicing.make(ctx, customer, pending + added, occasion))
    at_end = Context(ctx.store, period[1], ctx.base)
    found = (
        cycle.final_lines(at_end, subscription)
        if subscription["cancel_at_period_end"]
        else cycle.next_lines(ctx, subscription)
    )
    occasion = Occasion("upcoming", period, subscription, proration_date=proration_date)
    invoice = invoicing.make(ctx, customer, added + found, occasion)
    invoice |= {"created": period[1], "next_payment_attempt": period[1] + invoicing.DRAFT_SECONDS}
    return _shown(ctx, invoice)


def _shown(_ctx: Context, invoice: Json) -> Json:
    """With an id that says that it is none, and every line."""
    invoice["id"] = new_id("upcoming_in")
    for line in invoice["_lines"]:
        line["invoice"] = invoice["id"]
    invoicing.total_up(invoice)
    return invoice
