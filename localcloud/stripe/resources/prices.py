"""Prices: what one of a product costs, flat or in tiers, bought or metered."""

from decimal import Decimal
from typing import Any

from localcloud.stripe.context import Context
from localcloud.stripe.errors import invalid
from localcloud.stripe.events import emit, emit_change
from localcloud.stripe.expansion import includable
from localcloud.stripe.ids import new_id
from localcloud.stripe.listing import filtered, listing
from localcloud.stripe.operations import operation
from localcloud.stripe.parameters import (
    PAGING,
    Json,
    array,
    boolean,
    choice,
    clearable,
    created,
    decimal,
    group,
    integer,
    merged,
    metadata,
    only,
    operation_parameters,
    text,
)
from localcloud.stripe.resources import products

PATH = "/v1/prices"

RECURRING = group(
    {
        "interval": choice("day", "week", "month", "year"),
        "interval_count": integer,
        "meter": text(),
        "usage_type": choice("licensed", "metered"),
    },
    required=["interval"],
)

AMOUNTS = {"unit_amount": integer, "unit_amount_decimal": decimal}


def up_to(raw: Any, at: str) -> int | None:
    """The end of a tier; None stands for `inf`."""
    return None if raw == "inf" else integer(raw, at)


TIER = group(
    AMOUNTS | {"flat_amount": integer, "flat_amount_decimal": decimal, "up_to": up_to},
    required=["up_to"],
)

FIELDS = AMOUNTS | {
    "active": boolean,
    "billing_scheme": choice("per_unit", "tiered"),
    "currency": only("usd", "USD"),
    "lookup_key": text(200),
    "metadata": metadata,
    "nickname": text(),
    "product": text(),
    "product_data": group(
        {
            "active": boolean,
            "id": text(),
            "metadata": metadata,
            "name": text(),
            "unit_label": text(),
        },
        required=["name"],
        elsewhere="statement_descriptor tax_code",
    ),
    "recurring": RECURRING,
    "tax_behavior": choice("exclusive", "inclusive", "unspecified"),
    "tiers": array(TIER),
    "tiers_mode": choice("graduated", "volume"),
    "transfer_lookup_key": boolean,
}


@operation(
    f"POST {PATH}",
    operation_parameters(
        FIELDS,
        required=["currency"],
        elsewhere="currency_options custom_unit_amount transform_quantity",
    ),
)
def create(ctx: Context, asked: Json) -> Json:
    """A new price; with `transfer_lookup_key` it takes the key from the price that has it."""
    recurring = _recurring(ctx, asked)
    price = {
        "id": new_id("price"),
        "object": "price",
        "active": asked.get("active", True),
        "billing_scheme": asked.get("billing_scheme", "per_unit"),
        "created": ctx.now,
        "currency": asked["currency"].lower(),
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": merged({}, asked.get("metadata")),
        "nickname": asked.get("nickname"),
        "product": _product(ctx, asked),
        "recurring": recurring,
        "tax_behavior": asked.get("tax_behavior", "unspecified"),
        "tiers_mode": asked.get("tiers_mode"),
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        **_amounts(asked),
    }
    if "lookup_key" in asked:
        _take_lookup_key(ctx, price, asked)
    ctx.store.add(price)
    emit(ctx, "price.created", price)
    return price


@operation(f"GET {PATH}/{{price}}", operation_parameters({}))
def retrieve(ctx: Context, _asked: Json, price: str) -> Json:
    """One price."""
    return ctx.store.get("price", price)


@operation(
    f"POST {PATH}/{{price}}",
    operation_parameters(
        {
            "active": boolean,
            "lookup_key": clearable(text(200)),
            "metadata": metadata,
            "nickname": clearable(text()),
            "transfer_lookup_key": boolean,
        },
        elsewhere="currency_options tax_behavior",
    ),
)
def update(ctx: Context, asked: Json, price: str) -> Json:
    """Change anything but the amount: another amount is another price."""
    found = ctx.store.get("price", price)
    before = dict(found)
    found |= {name: asked[name] for name in ("active", "nickname") if name in asked}
    found["metadata"] = merged(found["metadata"], asked.get("metadata"))
    if "lookup_key" in asked:
        _take_lookup_key(ctx, found, asked)
    ctx.store.save(found)
    emit_change(ctx, "price.updated", before, found)
    return found


@operation(
    f"GET {PATH}",
    operation_parameters(
        PAGING
        | {
            "active": boolean,
            "created": created,
            "currency": text(3),
            "lookup_keys": array(text(), most=10),
            "product": text(),
            "type": choice("one_time", "recurring"),
        },
        elsewhere="recurring",
    ),
)
def list_(ctx: Context, asked: Json) -> Json:
    """Prices, by their lookup keys among other things."""
    keys = asked.get("lookup_keys")
    matches = filtered(asked, "active", "currency", "product", "type")
    return listing(
        PATH,
        asked,
        ctx.store.each("price"),
        lambda each: (keys is None or each["lookup_key"] in keys) and matches(each),
    )


@includable("price", "tiers")
def tiers(ctx: Context, price: Json) -> Any:
    """A tiered price's tiers, which are given only when asked for."""
    return ctx.store.get("price", price["id"]).get("_tiers")


def _recurring(ctx: Context, asked: Json) -> Json | None:
    given = asked.get("recurring")
    if given is None:
        return None
    usage_type = given.get("usage_type", "licensed")
    if usage_type == "metered" and "meter" not in given:
        message = "Metered prices must be backed by a meter: give recurring[meter]."
        raise invalid(message, "recurring[meter]", "parameter_missing")
    if usage_type == "licensed" and "meter" in given:
        raise invalid("A meter needs usage_type=metered.", "recurring[meter]")
    if "meter" in given and ctx.store.get("billing.meter", given["meter"], "recurring[meter]"):
        only("active")(ctx.store.get("billing.meter", given["meter"])["status"], "recurring[meter]")
    return {
        "interval": given["interval"],
        "interval_count": given.get("interval_count", 1),
        "meter": given.get("meter"),
        "usage_type": usage_type,
    }


def _product(ctx: Context, asked: Json) -> str:
    if ("product" in asked) == ("product_data" in asked):
        raise invalid("You must specify either `product` or `product_data`.", "product")
    if "product" in asked:
        product: str = ctx.store.get("product", asked["product"], "product")["id"]
        return product
    data = asked["product_data"]
    made: str = products.make(ctx, data.get("id") or new_id("prod", 14), data)["id"]
    return made


def _amounts(asked: Json) -> Json:
    if asked.get("billing_scheme") == "tiered":
        if not asked.get("tiers") or "tiers_mode" not in asked:
            raise invalid("A tiered price needs tiers and tiers_mode.", "tiers")
        return {
            "unit_amount": None,
            "unit_amount_decimal": None,
            "_tiers": [_tier(each) for each in asked["tiers"]],
        }
    if ("unit_amount" in asked) == ("unit_amount_decimal" in asked):
        message = "You must specify either `unit_amount` or `unit_amount_decimal`."
        raise invalid(message, "unit_amount")
    return _amount(asked, "unit_amount")


def _tier(given: Json) -> Json:
    return {"up_to": given["up_to"]} | _amount(given, "flat_amount") | _amount(given, "unit_amount")


def _amount(given: Json, name: str) -> Json:
    """An amount in cents, whole (None if it is not) and as a decimal."""
    value = Decimal(str(given.get(f"{name}_decimal", given.get(name, 0))))
    if name == "flat_amount" and not given.keys() & {name, f"{name}_decimal"}:
        return {name: None, f"{name}_decimal": None}
    text_ = f"{value.normalize():f}"
    return {name: int(value) if value == value.to_integral() else None, f"{name}_decimal": text_}


def _take_lookup_key(ctx: Context, price: Json, asked: Json) -> None:
    key = asked["lookup_key"]
    for other in ctx.store.each("price"):
        if key is None or other["lookup_key"] != key or other["id"] == price["id"]:
            continue
        if not asked.get("transfer_lookup_key"):
            message = f"A price (`{other['id']}`) already uses that lookup key."
            raise invalid(message, "lookup_key", "resource_already_exists")
        before = dict(other)
        ctx.store.save(other | {"lookup_key": None})
        emit_change(ctx, "price.updated", before, other | {"lookup_key": None})
    price["lookup_key"] = key
