"""Customers: who pays."""

import re

from localcloud.stripe.context import Context
from localcloud.stripe.errors import not_here
from localcloud.stripe.events import emit, emit_change
from localcloud.stripe.expansion import includable
from localcloud.stripe.ids import new_id
from localcloud.stripe.listing import filtered, listing, whole
from localcloud.stripe.operations import operation
from localcloud.stripe.parameters import (
    PAGING,
    Json,
    absent,
    array,
    clearable,
    created,
    group,
    integer,
    merged,
    metadata,
    operation_parameters,
    text,
)

PATH = "/v1/customers"

ADDRESS = clearable(
    group(
        dict.fromkeys(
            ("city", "country", "line1", "line2", "postal_code", "state"), clearable(text())
        )
    )
)

FIELDS = {
    "address": ADDRESS,
    "balance": integer,
    "description": clearable(text(350)),
    "email": clearable(text(512)),
    "invoice_settings": group(
        {"default_payment_method": clearable(text())},
        elsewhere="custom_fields footer rendering_options",
    ),
    "metadata": metadata,
    "name": clearable(text(256)),
    "phone": clearable(text(20)),
    "preferred_locales": array(text()),
}

ELSEWHERE = (
    "bank_account business_name card cash_balance default_alipay_account default_bank_account"
    " default_card default_source individual_name invoice_prefix next_invoice_sequence"
    " payment_method shipping source tax tax_exempt tax_id_data test_clock"
)

CLAUSE = re.compile(
    r"""(metadata\[(?P<quote>['"])(?P<key>.+?)(?P=quote)\]|email|name)\s*:\s*
    (?P<quote2>['"])(?P<value>.*?)(?P=quote2)""",
    re.VERBOSE,
)
"""What a search may ask: `metadata['key']:'value'`, `email:'…'`, `name:'…'`."""


@operation(f"POST {PATH}", operation_parameters(FIELDS, elsewhere=ELSEWHERE))
def create(ctx: Context, asked: Json) -> Json:
    """A new customer."""
    customer: Json = {
        "id": new_id("cus", 14),
        "object": "customer",
        **absent(
            "address currency default_source description email name phone shipping test_clock"
        ),
        "balance": 0,
        "created": ctx.now,
        "delinquent": False,
        "invoice_prefix": new_id("", 8)[1:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    }
    _change(ctx, customer, asked)
    ctx.store.add(customer)
    emit(ctx, "customer.created", customer)
    return customer


@operation(f"GET {PATH}/{{customer}}", operation_parameters({}))
def retrieve(ctx: Context, _asked: Json, customer: str) -> Json:
    """One customer; a deleted one says so."""
    return ctx.store.get("customer", customer)


@operation(f"POST {PATH}/{{customer}}", operation_parameters(FIELDS, elsewhere=ELSEWHERE))
def update(ctx: Context, asked: Json, customer: str) -> Json:
    """Change what is given."""
    found = active(ctx, customer, "id")
    return changed(ctx, found, asked)


@operation(f"DELETE {PATH}/{{customer}}", operation_parameters({}))
def delete(ctx: Context, _asked: Json, customer: str) -> Json:
    """Delete a customer that has no subscription."""
    found = active(ctx, customer, "id")
    if any(each["status"] != "canceled" for each in ctx.store.each("subscription", customer)):
        raise not_here("Deleting a customer whose subscription goes on is not known here.")
    emit(ctx, "customer.deleted", found)
    return ctx.store.save({"id": customer, "object": "customer", "deleted": True})


@operation(
    f"GET {PATH}",
    operation_parameters(PAGING | {"created": created, "email": text(512)}, elsewhere="test_clock"),
)
def list_(ctx: Context, asked: Json) -> Json:
    """Customers, by their address (`email`) if asked."""
    return listing(PATH, asked, _all(ctx), filtered(asked, "email"))


@operation(
    f"GET {PATH}/search",
    operation_parameters({"query": text(), "limit": integer}, required=["query"], elsewhere="page"),
)
def search(ctx: Context, asked: Json) -> Json:
    """Customers that match every clause of `query`."""
    clauses = [_clause(part) for part in re.split(r"\s+AND\s+", asked["query"].strip())]
    found = [
        each for each in _all(ctx) if all(_value(each, name) == value for name, value in clauses)
    ]
    limit = asked.get("limit", 10)
    result = whole(f"{PATH}/search", found[:limit], has_more=len(found) > limit)
    return result | {"object": "search_result", "next_page": None}


@includable("customer", "subscriptions")
def subscriptions(ctx: Context, customer: Json) -> Json:
    """The customer's subscriptions that have not ended."""
    found = [
        each
        for each in ctx.store.each("subscription", customer["id"])
        if each["status"] != "canceled"
    ]
    return whole(f"{PATH}/{customer['id']}/subscriptions", found)


def active(ctx: Context, id_: str, param: str = "customer") -> Json:
    """A customer who was not deleted; raises StripeError."""
    found = ctx.store.get("customer", id_, param)
    if found.get("deleted"):
        raise not_here(f"{id_} was deleted.")
    return found


def changed(ctx: Context, customer: Json, change: Json) -> Json:
    """Keep a change and tell of it."""
    before = dict(customer)
    _change(ctx, customer, change)
    ctx.store.save(customer)
    emit_change(ctx, "customer.updated", before, customer)
    return customer


def _change(ctx: Context, customer: Json, asked: Json) -> None:
    settings = asked.get("invoice_settings", {})
    method = settings.get("default_payment_method")
    if method is not None:
        ctx.store.get("payment_method", method, "invoice_settings[default_payment_method]")
    customer |= {name: asked[name] for name in FIELDS if name in asked} | {
        "metadata": merged(customer["metadata"], asked.get("metadata")),
        "invoice_settings": customer["invoice_settings"] | settings,
    }


def _all(ctx: Context) -> list[Json]:
    return [each for each in ctx.store.each("customer") if not each.get("deleted")]


def _clause(text: str) -> tuple[str, str]:
    match = CLAUSE.fullmatch(text)
    if match is None:
        raise not_here(f"The search {text!r} is not known here.")
    return f"metadata.{match['key']}" if match["key"] else match[1], match["value"]


def _value(customer: Json, name: str) -> str | None:
    if name.startswith("metadata."):
        value: str | None = customer["metadata"].get(name.removeprefix("metadata."))
        return value
    field: str | None = customer[name]
    return field
