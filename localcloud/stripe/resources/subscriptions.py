"""Subscriptions: made by Checkout, changed and ended here."""

import copy

from localcloud.stripe.billing import changes, collection, cycle, lines
from localcloud.stripe.billing.changes import Change
from localcloud.stripe.context import Context
from localcloud.stripe.errors import invalid
from localcloud.stripe.events import emit, emit_change
from localcloud.stripe.listing import listing
from localcloud.stripe.operations import operation
from localcloud.stripe.parameters import (
    PAGING,
    Json,
    array,
    boolean,
    choice,
    clearable,
    created,
    group,
    integer,
    merged,
    metadata,
    only,
    operation_parameters,
    text,
)
from localcloud.stripe.resources import payment_methods

PATH = "/v1/subscriptions"

ITEM = group(
    {"id": text(), "metadata": metadata, "price": text(), "quantity": integer},
    elsewhere="billing_thresholds clear_usage deleted discounts price_data tax_rates",
)

PRORATION = choice("always_invoice", "create_prorations", "none")

CANCELLATION = group(
    {
        "comment": clearable(text()),
        "feedback": clearable(
            choice(
                "customer_service",
                "low_quality",
                "missing_features",
                "other",
                "switched_service",
                "too_complex",
                "too_expensive",
                "unused",
            )
        ),
    },
    elsewhere="feedback_option",
)

NOT_ENDED = ("active", "past_due", "unpaid")


@operation(f"GET {PATH}/{{subscription_exposed_id}}", operation_parameters({}))
def retrieve(ctx: Context, _asked: Json, id_: str) -> Json:
    """One subscription, also after its end."""
    return ctx.store.get("subscription", id_)


@operation(
    f"POST {PATH}/{{subscription_exposed_id}}",
    operation_parameters(
        {
            "cancel_at_period_end": boolean,
            "cancellation_details": CANCELLATION,
            "default_payment_method": clearable(text()),
            "description": clearable(text(500)),
            "items": array(ITEM, most=20),
            "metadata": metadata,
            "off_session": boolean,
            "payment_behavior": only("allow_incomplete", "error_if_incomplete"),
            "proration_behavior": PRORATION,
            "proration_date": integer,
        },
        elsewhere="add_invoice_items application_fee_percent automatic_tax billing_cycle_anchor"
        " billing_schedules billing_thresholds cancel_at collection_method days_until_due"
        " default_source default_tax_rates discounts invoice_settings on_behalf_of"
        " pause_collection payment_settings pending_invoice_item_interval transfer_data trial_end"
        " trial_from_plan trial_settings",
    ),
)
def update(ctx: Context, asked: Json, id_: str) -> Json:
    """Change what is given: the plan, the way it ends, how it is paid."""
    subscription = _going_on(ctx, id_)
    before = copy.deepcopy(subscription)
    subscription["metadata"] = merged(subscription["metadata"], asked.get("metadata"))
    if "description" in asked:
        subscription["description"] = asked["description"]
    if asked.get("default_payment_method"):
        method, customer = asked["default_payment_method"], subscription["customer"]
        payment_methods.owned(ctx, method, customer, "default_payment_method")
    if "default_payment_method" in asked:
        subscription["default_payment_method"] = asked["default_payment_method"]
    if "cancel_at_period_end" in asked:
        cancel_at_period_end(ctx, subscription, wanted=asked["cancel_at_period_end"])
    subscription["cancellation_details"] |= asked.get("cancellation_details", {})
    ctx.store.save(subscription)
    emit_change(ctx, "customer.subscription.updated", before, subscription)
    if "items" not in asked:
        return subscription
    change = change_of(asked)
    behavior = asked.get("payment_behavior", "allow_incomplete")
    return changes.carry_out(ctx, subscription, change, behavior)


@operation(
    f"DELETE {PATH}/{{subscription_exposed_id}}",
    operation_parameters(
        {"cancellation_details": CANCELLATION, "invoice_now": boolean, "prorate": boolean}
    ),
)
def cancel(ctx: Context, asked: Json, id_: str) -> Json:
    """End it now: `prorate` gives the rest of the period back, `invoice_now` charges the usage."""
    subscription = _going_on(ctx, id_)
    details = asked.get("cancellation_details", {}) | {"reason": "cancellation_requested"}
    subscription["cancellation_details"] |= details
    if asked.get("prorate"):
        _give_back(ctx, subscription)
    invoice = cycle.end(ctx, subscription, invoice=asked.get("invoice_now", False))
    if invoice:
        collection.finalize_and_charge(ctx, ctx.store.get("invoice", invoice["id"]))
    return ctx.store.get("subscription", id_)


@operation(
    f"GET {PATH}",
    operation_parameters(
        PAGING
        | {
            "created": created,
            "customer": text(),
            "price": text(),
            "status": choice(*NOT_ENDED, "all", "canceled", "ended", "incomplete", "trialing"),
        },
        elsewhere="automatic_tax collection_method current_period_end current_period_start"
        " customer_account test_clock",
    ),
)
def list_(ctx: Context, asked: Json) -> Json:
    """Subscriptions that have not ended; `status` asks for others."""
    status, price = asked.get("status"), asked.get("price")

    def keep(each: Json) -> bool:
        if status == "all":
            right = True
        elif status is None:
            right = each["status"] != "canceled"
        else:
            right = each["status"] == {"ended": "canceled"}.get(status, status)
        prices = [item["price"]["id"] for item in each["items"]["data"]]
        return right and (price is None or price in prices)

    found = ctx.store.each("subscription", asked.get("customer"))
    return listing(PATH, asked, found, keep)


def cancel_at_period_end(ctx: Context, subscription: Json, *, wanted: bool) -> None:
    """Let it end with the period, or go on after all."""
    subscription["cancel_at_period_end"] = wanted
    item = subscription["items"]["data"][0]
    subscription["cancel_at"] = item["current_period_end"] if wanted else None
    subscription["canceled_at"] = ctx.now if wanted else None
    reason = "cancellation_requested" if wanted else None
    subscription["cancellation_details"]["reason"] = reason


def change_of(asked: Json) -> Change:
    """A change of items from its parameters."""
    behavior = asked.get("proration_behavior", "create_prorations")
    return Change(asked["items"], behavior, asked.get("proration_date"))


def find_one(ctx: Context, customer: str) -> Json | None:
    """The customer's newest subscription that has not ended."""
    found = ctx.store.each("subscription", customer)
    return next((each for each in found if each["status"] in NOT_ENDED), None)


def _going_on(ctx: Context, id_: str) -> Json:
    subscription = ctx.store.get("subscription", id_)
    if subscription["status"] == "canceled":
        message = "A canceled subscription can only update its cancellation_details and metadata."
        raise invalid(message)
    return subscription


def _give_back(ctx: Context, subscription: Json) -> None:
    for item in subscription["items"]["data"]:
        if lines.is_metered(item):
            continue
        span = (ctx.now, item["current_period_end"])
        amount = -lines.prorated(ctx, subscription, item, span)
        what = (amount, lines.unused(ctx, item, ctx.now))
        credit = changes.proration(ctx, subscription, item, span, what)
        ctx.store.add(credit)
        emit(ctx, "invoiceitem.created", credit)
