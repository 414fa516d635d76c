"""Changing a subscription's plan in the middle of a period: what is given back, what is charged."""

import copy
from dataclasses import dataclass

from localcloud.stripe.billing import collection, invoicing, lines, starting
from localcloud.stripe.billing.invoicing import Occasion
from localcloud.stripe.context import Context
from localcloud.stripe.errors import declined, invalid, not_here
from localcloud.stripe.events import emit, emit_change
from localcloud.stripe.ids import new_id
from localcloud.stripe.parameters import Json, merged


@dataclass(frozen=True)
class Change:
    """A change of items as it was asked for."""

    items: list[Json]
    """`{"id": item's id, "price": id, "quantity": …, "metadata": …}`"""

    behavior: str = "create_prorations"
    at: int | None = None
    """The moment from which it counts; None for now."""


def apply(ctx: Context, subscription: Json, change: Change) -> list[Json]:
    """Change the items, and give the prorations as invoice items that are kept nowhere yet."""
    at = _moment(ctx, subscription, change)
    prorations = []
    for wanted in change.items:
        if "id" not in wanted:
            _add_item(ctx, subscription, wanted)
            continue
        item = _item(subscription, wanted)
        old = copy.deepcopy(item)
        _change_item(ctx, item, wanted)
        if change.behavior != "none" and _costs(old) != _costs(item):
            prorations += _prorations(ctx, subscription, (old, item), at)
    return prorations


def carry_out(ctx: Context, subscription: Json, change: Change, payment_behavior: str) -> Json:
    """Change the items and charge at once or with the next invoice; raises StripeError (402)."""
    before = copy.deepcopy(subscription)
    prorations = apply(ctx, subscription, change)
    ctx.store.save(subscription)
    emit_change(ctx, "customer.subscription.updated", before, subscription)
    for each in prorations:
        ctx.store.add(each)
        emit(ctx, "invoiceitem.created", each)
    if change.behavior == "always_invoice" and prorations:
        _charge_now(ctx, subscription, change, payment_behavior)
    return ctx.store.get("subscription", subscription["id"])


def _charge_now(ctx: Context, subscription: Json, change: Change, payment_behavior: str) -> None:
    customer = ctx.store.get("customer", subscription["customer"])
    found = invoicing.pending_lines(ctx, subscription["customer"])
    occasion = Occasion(
        "subscription_update", (ctx.now, ctx.now), subscription, proration_date=change.at or ctx.now
    )
    invoice = invoicing.draft(ctx, customer, found, occasion)
    reason = collection.finalize_and_charge(ctx, invoice)
    if reason and payment_behavior == "error_if_incomplete":
        raise declined(reason)


def _add_item(ctx: Context, subscription: Json, wanted: Json) -> None:
    """One more meter; it has no quantity before the period's end, so nothing is prorated."""
    price = ctx.store.get("price", wanted.get("price", ""), "items[0][price]")
    _check_sold(price)
    items = subscription["items"]["data"]
    if any(item["price"]["id"] == price["id"] for item in items):
        raise invalid("There is a subscription item with this price already.", "items[0][price]")
    span = (items[0]["current_period_start"], items[0]["current_period_end"])
    item = starting.make_item(ctx, subscription["id"], wanted | {"price": price}, span)
    if not lines.is_metered(item):
        raise not_here("Adding a plan to a subscription is not known here.")
    items.append(item)


def _change_item(ctx: Context, item: Json, wanted: Json) -> None:
    if "price" in wanted and wanted["price"] != item["price"]["id"]:
        price = ctx.store.get("price", wanted["price"], "items[0][price]")
        _check_swap(item["price"], price)
        item["price"] = price
    if "quantity" in wanted:
        if lines.is_metered(item):
            raise invalid("A metered item has no quantity.", "items[0][quantity]")
        item["quantity"] = wanted["quantity"]
    item["metadata"] = merged(item["metadata"], wanted.get("metadata"))


def _check_sold(price: Json) -> None:
    if not price["active"]:
        raise invalid("The price specified is inactive.", "items[0][price]")
    if price["recurring"] is None:
        raise invalid("The price specified is not recurring.", "items[0][price]")


def _check_swap(old: Json, new: Json) -> None:
    _check_sold(new)
    if "metered" in (old["recurring"]["usage_type"], new["recurring"]["usage_type"]):
        raise not_here("Exchanging a metered price is not known here.")
    if any(
        old["recurring"][name] != new["recurring"][name] for name in ("interval", "interval_count")
    ):
        raise not_here("Changing to a price of another interval is not known here.")


def _prorations(ctx: Context, subscription: Json, items: tuple[Json, Json], at: int) -> list[Json]:
    old, new = items
    span = (at, old["current_period_end"])
    back = -lines.prorated(ctx, subscription, old, span)
    due = lines.prorated(ctx, subscription, new, span)
    return [
        proration(ctx, subscription, old, span, (back, lines.unused(ctx, old, at))),
        proration(ctx, subscription, new, span, (due, lines.remaining(ctx, new, at))),
    ]


def proration(
    ctx: Context, subscription: Json, item: Json, span: lines.Span, what: tuple[int, str]
) -> Json:
    """An invoice item for a part of a period; `what` is the amount and its description."""
    amount, description = what
    details = {"subscription": subscription["id"], "subscription_item": item["id"]}
    parent = {"type": "subscription_details", "subscription_details": details}
    return make_item(
        ctx,
        subscription["customer"],
        {
            "amount": amount,
            "description": description,
            "period": {"start": span[0], "end": span[1]},
            "quantity": item["quantity"],
        },
    ) | {
        "discountable": False,
        "parent": parent,
        "pricing": lines.pricing(item["price"]),
        "proration": True,
    }


def make_item(ctx: Context, customer: str, given: Json) -> Json:
    """An invoice item that is kept nowhere yet."""
    quantity = given.get("quantity", 1)
    return {
        "id": new_id("ii"),
        "object": "invoiceitem",
        "amount": given["amount"],
        "currency": "usd",
        "customer": customer,
        "customer_account": None,
        "date": ctx.now,
        "description": given.get("description"),
        "discountable": True,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": merged({}, given.get("metadata")),
        "net_amount": given["amount"],
        "parent": given.get("parent"),
        "period": given.get("period", {"start": ctx.now, "end": ctx.now}),
        "pricing": None,
        "proration": False,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "tax_rates": [],
        "test_clock": None,
    }


def _item(subscription: Json, wanted: Json) -> Json:
    for item in subscription["items"]["data"]:
        if item["id"] == wanted["id"]:
            found: Json = item
            return found
    raise invalid(f"No such subscription item: '{wanted['id']}'", "items", "resource_missing")


def _moment(ctx: Context, subscription: Json, change: Change) -> int:
    at = ctx.now if change.at is None else change.at
    item = subscription["items"]["data"][0]
    if not item["current_period_start"] <= at <= item["current_period_end"]:
        message = "Invalid proration_date: must be within the current period."
        raise invalid(message, "proration_date")
    return at


def _costs(item: Json) -> tuple[str, int]:
    return item["price"]["id"], item.get("quantity", 0)
