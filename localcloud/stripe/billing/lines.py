"""The lines of invoices: a plan for its period, usage of a period, parts of both, single items."""

from datetime import UTC, datetime

from localcloud.stripe.billing import metering, money, periods
from localcloud.stripe.context import Context
from localcloud.stripe.ids import new_id
from localcloud.stripe.parameters import Json

Span = tuple[int, int]

TIMES = "\N{MULTIPLICATION SIGN}"


def licensed(ctx: Context, subscription: Json, item: Json, span: Span) -> Json:
    """A plan for a whole period."""
    amount = price_of(ctx, item, item["quantity"])
    name = _name(ctx, item["price"])
    unit = money.unit_dollars(item["price"]["unit_amount_decimal"] or "0")
    interval = item["price"]["recurring"]["interval"]
    return _line(
        ctx,
        item["price"],
        amount=amount,
        description=f"{item['quantity']} {TIMES} {name} (at {unit} / {interval})",
        period=span,
        quantity=item["quantity"],
        parent=_of_item(subscription, item),
    )


def first_part(ctx: Context, subscription: Json, item: Json, span: Span) -> Json:
    """A plan from the middle of a period to its end."""
    line = licensed(ctx, subscription, item, span)
    line["amount"] = prorated(ctx, subscription, item, span)
    line["subtotal"] = line["amount"]
    line["description"] = f"Remaining time on {_name(ctx, item['price'])} after {_day(span[0])}"
    line["parent"]["subscription_item_details"]["proration"] = True
    return line


def metered(ctx: Context, subscription: Json, item: Json, span: Span) -> list[Json]:
    """What a meter has counted in a span, a line for each tier of the price."""
    meter = ctx.store.get("billing.meter", item["price"]["recurring"]["meter"])
    quantity = metering.usage(ctx, meter, subscription["customer"], span)
    name = _name(ctx, item["price"])
    found = []
    for count, unit, amount in money.pieces(item["price"], _tiers(ctx, item["price"]), quantity):
        described = (
            f"{count} {TIMES} {name} (at {money.unit_dollars(unit)})" if unit else f"{name}: flat"
        )
        line = _line(
            ctx,
            item["price"],
            amount=amount,
            description=described,
            period=span,
            quantity=count,
            parent=_of_item(subscription, item),
        )
        if unit:
            line["pricing"]["unit_amount_decimal"] = unit
        found.append(line | {"_usage": [subscription["id"], item["id"], *span]})
    return found


def of_invoice_item(ctx: Context, invoice_item: Json) -> Json:
    """A single item, which may be part of a subscription's proration."""
    line = _line(
        ctx,
        None,
        amount=invoice_item["amount"],
        description=invoice_item["description"],
        period=(invoice_item["period"]["start"], invoice_item["period"]["end"]),
        quantity=invoice_item["quantity"],
        parent=_of_invoice_item(invoice_item),
    )
    line["metadata"] = invoice_item["metadata"]
    line["pricing"] = invoice_item["pricing"]
    line["subscription"] = _subscription_of(invoice_item)
    return line | {"_invoice_item": invoice_item["id"]}


def prorated(ctx: Context, subscription: Json, item: Json, span: Span) -> int:
    """The part of an item's price for a span that ends with a period."""
    start, end = span
    recurring = item["price"]["recurring"]
    whole = end - periods.start_before(subscription["billing_cycle_anchor"], recurring, end)
    return money.share(price_of(ctx, item, item["quantity"]), end - start, whole)


def price_of(ctx: Context, item: Json, quantity: int) -> int:
    """What a quantity of an item costs, in cents."""
    return money.total(money.pieces(item["price"], _tiers(ctx, item["price"]), quantity))


def is_metered(item: Json) -> bool:
    """Whether an item is charged by what a meter counts."""
    return bool(item["price"]["recurring"]["usage_type"] == "metered")


def pricing(price: Json) -> Json:
    """Which price a line or an invoice item is charged by."""
    details = {"price": price["id"], "product": price["product"]}
    return {
        "type": "price_details",
        "price_details": details,
        "unit_amount_decimal": price["unit_amount_decimal"],
    }


def unused(ctx: Context, item: Json, at: int) -> str:
    """Describes the credit for an item that is left early."""
    return f"Unused time on {_name(ctx, item['price'])} after {_day(at)}"


def remaining(ctx: Context, item: Json, at: int) -> str:
    """Describes the charge for an item that is taken late."""
    return f"Remaining time on {_name(ctx, item['price'])} after {_day(at)}"


def _line(  # noqa: PLR0913 - what a line is made of; all by name
    ctx: Context,
    price: Json | None,
    *,
    amount: int,
    description: str | None,
    period: Span,
    quantity: int,
    parent: Json,
) -> Json:
    details = parent["subscription_item_details"] or parent["invoice_item_details"]
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"] if price else "usd",
        "description": description,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": None,
        "livemode": ctx.livemode,
        "metadata": {},
        "parent": parent,
        "period": {"start": period[0], "end": period[1]},
        "pretax_credit_amounts": [],
        "pricing": pricing(price) if price else None,
        "quantity": quantity,
        "subscription": details["subscription"],
        "subtotal": amount,
        "taxes": [],
    }


def _of_item(subscription: Json, item: Json, invoice_item: str | None = None) -> Json:
    return {
        "type": "subscription_item_details",
        "invoice_item_details": None,
        "subscription_item_details": {
            "invoice_item": invoice_item,
            "proration": invoice_item is not None,
            "proration_details": {"credited_items": None},
            "subscription": subscription["id"],
            "subscription_item": item["id"],
        },
    }


def _of_invoice_item(invoice_item: Json) -> Json:
    subscription = _subscription_of(invoice_item)
    if invoice_item["proration"] and subscription:
        item = invoice_item["parent"]["subscription_details"]["subscription_item"]
        return _of_item({"id": subscription}, {"id": item}, invoice_item["id"])
    return {
        "type": "invoice_item_details",
        "invoice_item_details": {
            "invoice_item": invoice_item["id"],
            "proration": invoice_item["proration"],
            "proration_details": {"credited_items": None},
            "subscription": subscription,
        },
        "subscription_item_details": None,
    }


def _subscription_of(invoice_item: Json) -> str | None:
    parent = invoice_item["parent"]
    found: str | None = parent["subscription_details"]["subscription"] if parent else None
    return found


def _name(ctx: Context, price: Json) -> str:
    name: str = ctx.store.get("product", price["product"])["name"]
    return name


def _tiers(ctx: Context, price: Json) -> list[Json] | None:
    if price["billing_scheme"] == "per_unit":
        return None
    tiers: list[Json] = ctx.store.get("price", price["id"])["_tiers"]
    return tiers


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%-d %b %Y}"
