"""Making subscriptions: items, the first period, the first invoice."""

import copy

from localcloud.stripe.billing import collection, invoicing, lines, periods
from localcloud.stripe.billing.invoicing import Occasion
from localcloud.stripe.context import Context
from localcloud.stripe.errors import declined, invalid
from localcloud.stripe.events import emit
from localcloud.stripe.ids import new_id
from localcloud.stripe.listing import whole
from localcloud.stripe.parameters import Json, absent, merged


def start(ctx: Context, customer: Json, wanted: list[Json], options: Json, method: str) -> Json:
    """A new subscription whose first invoice is paid; raises StripeError if the card is declined.

    `wanted` are prices (`{"price": object, "quantity": …}`), `options` a checkout's
    `subscription_data`.
    """
    subscription = make(ctx, customer, wanted, options)
    subscription["default_payment_method"] = method
    ctx.store.add(subscription)
    found = first_lines(ctx, subscription, options)
    occasion = Occasion("subscription_create", (ctx.now, ctx.now), subscription)
    invoice = invoicing.draft(ctx, customer, found, occasion)
    reason = collection.finalize_and_charge(ctx, invoice, present=True)
    if reason:
        raise declined(reason)
    emit(ctx, "customer.subscription.created", subscription | {"latest_invoice": invoice["id"]})
    return ctx.store.get("subscription", subscription["id"])


BLANK: Json = {
    "object": "subscription",
    **absent(
        "application application_fee_percent billing_cycle_anchor_config "
        "billing_thresholds cancel_at canceled_at customer_account days_until_due "
        "default_payment_method default_source ended_at latest_invoice "
        "next_pending_invoice_item_invoice on_behalf_of pause_collection "
        "pending_invoice_item_interval pending_setup_intent pending_update schedule "
        "test_clock transfer_data trial_end trial_start"
    ),
    "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
    "billing_schedules": [],
    "cancel_at_period_end": False,
    "cancellation_details": {"comment": None, "feedback": None, "reason": None},
    "collection_method": "charge_automatically",
    "default_tax_rates": [],
    "discounts": [],
    "invoice_settings": {
        "account_tax_ids": None,
        "custom_fields": None,
        "description": None,
        "footer": None,
        "issuer": {"type": "self"},
    },
    "livemode": False,
    "payment_settings": {
        "payment_method_options": None,
        "payment_method_types": None,
        "save_default_payment_method": "off",
    },
    "status": "active",
    "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
}
"""A subscription of nobody to nothing."""


def make(ctx: Context, customer: Json, wanted: list[Json], options: Json) -> Json:
    """A subscription as it would be, kept nowhere."""
    recurring = _common_interval(wanted)
    anchor = options.get("billing_cycle_anchor", ctx.now)
    _check_anchor(ctx, anchor, recurring)
    id_, end = new_id("sub"), periods.end_after(anchor, recurring, ctx.now)
    items = [make_item(ctx, id_, each, (ctx.now, end)) for each in wanted]
    return copy.deepcopy(BLANK) | {
        "id": id_,
        "billing_cycle_anchor": anchor,
        "billing_mode": {"flexible": {}, "type": "flexible", "updated_at": ctx.now},
        "created": ctx.now,
        "currency": wanted[0]["price"]["currency"],
        "customer": customer["id"],
        "description": options.get("description"),
        "items": whole(f"/v1/subscription_items?subscription={id_}", items),
        "metadata": merged({}, options.get("metadata")),
        "start_date": ctx.now,
    }


def make_item(ctx: Context, subscription: str, wanted: Json, span: lines.Span) -> Json:
    """An item of a subscription."""
    item = {
        "id": new_id("si", 14),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": ctx.now,
        "current_period_end": span[1],
        "current_period_start": span[0],
        "discounts": [],
        "metadata": merged({}, wanted.get("metadata")),
        "price": wanted["price"],
        "subscription": subscription,
        "tax_rates": [],
    }
    if not lines.is_metered(item):
        item["quantity"] = wanted.get("quantity", 1)
    return item


def first_lines(ctx: Context, subscription: Json, options: Json) -> list[Json]:
    """What is paid at once: the plans' whole first period, or its part until the anchor."""
    plans = [each for each in subscription["items"]["data"] if not lines.is_metered(each)]
    if options.get("proration_behavior") == "none" and _is_partial(ctx, subscription):
        return []
    make_line = lines.first_part if _is_partial(ctx, subscription) else lines.licensed
    return [
        make_line(ctx, subscription, each, (ctx.now, each["current_period_end"])) for each in plans
    ]


def _is_partial(ctx: Context, subscription: Json) -> bool:
    """Whether the first period is shorter than the others."""
    item = subscription["items"]["data"][0]
    recurring, end = item["price"]["recurring"], item["current_period_end"]
    anchor: int = subscription["billing_cycle_anchor"]
    return periods.start_before(anchor, recurring, end) != ctx.now


def _common_interval(wanted: list[Json]) -> Json:
    intervals = {
        (each["price"]["recurring"]["interval"], each["price"]["recurring"]["interval_count"])
        for each in wanted
    }
    if len(intervals) != 1:
        message = "All prices of a subscription must have the same interval here."
        raise invalid(message, "line_items")
    recurring: Json = wanted[0]["price"]["recurring"]
    return recurring


def _check_anchor(ctx: Context, anchor: int, recurring: Json) -> None:
    if anchor < ctx.now:
        raise invalid("billing_cycle_anchor must be in the future.", "billing_cycle_anchor")
    if anchor > periods.later(ctx.now, recurring, 1):
        message = "billing_cycle_anchor cannot be later than the next natural billing date."
        raise invalid(message, "billing_cycle_anchor")
