"""Invoice items: single amounts that wait for the customer's next invoice."""

from localcloud.stripe.billing import changes
from localcloud.stripe.context import Context
from localcloud.stripe.errors import invalid
from localcloud.stripe.events import emit
from localcloud.stripe.listing import listing
from localcloud.stripe.operations import operation
from localcloud.stripe.parameters import (
    PAGING,
    Json,
    boolean,
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
from localcloud.stripe.resources import customers

PATH = "/v1/invoiceitems"

PERIOD = group({"end": integer, "start": integer}, required=["end", "start"])

ELSEWHERE = (
    "customer_account discountable discounts invoice price_data pricing quantity quantity_decimal"
    " tax_behavior tax_code tax_rates unit_amount_decimal"
)


@operation(
    f"POST {PATH}",
    operation_parameters(
        {
            "amount": integer,
            "currency": only("usd"),
            "customer": text(),
            "description": text(),
            "metadata": metadata,
            "period": PERIOD,
            "subscription": text(),
        },
        elsewhere=ELSEWHERE,
    ),
)
def create(ctx: Context, asked: Json) -> Json:
    """An amount (negative: a credit) for the next invoice."""
    for name in ("customer", "amount"):
        if name not in asked:
            raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    customers.active(ctx, asked["customer"])
    parent = None
    if "subscription" in asked:
        subscription = ctx.store.get("subscription", asked["subscription"], "subscription")
        details = {"subscription": subscription["id"]}
        parent = {"type": "subscription_details", "subscription_details": details}
    item = changes.make_item(ctx, asked["customer"], asked | {"parent": parent})
    ctx.store.add(item)
    emit(ctx, "invoiceitem.created", item)
    return item


@operation(f"GET {PATH}/{{invoiceitem}}", operation_parameters({}))
def retrieve(ctx: Context, _asked: Json, id_: str) -> Json:
    """One item."""
    return ctx.store.get("invoiceitem", id_)


@operation(
    f"POST {PATH}/{{invoiceitem}}",
    operation_parameters(
        {
            "amount": integer,
            "description": clearable(text()),
            "metadata": metadata,
            "period": PERIOD,
        },
        elsewhere=ELSEWHERE,
    ),
)
def update(ctx: Context, asked: Json, id_: str) -> Json:
    """Change what is given, while it is on no invoice."""
    item = _waiting(ctx, id_)
    item |= {name: asked[name] for name in ("amount", "description", "period") if name in asked}
    item |= {
        "metadata": merged(item["metadata"], asked.get("metadata")),
        "net_amount": item["amount"],
    }
    ctx.store.save(item)
    return item


@operation(f"DELETE {PATH}/{{invoiceitem}}", operation_parameters({}))
def delete(ctx: Context, _asked: Json, id_: str) -> Json:
    """Take it away, while it is on no invoice."""
    item = _waiting(ctx, id_)
    ctx.store.remove(id_)
    emit(ctx, "invoiceitem.deleted", item)
    return {"id": id_, "object": "invoiceitem", "deleted": True}


@operation(
    f"GET {PATH}",
    operation_parameters(
        PAGING | {"created": created, "customer": text(), "invoice": text(), "pending": boolean},
        elsewhere="customer_account",
    ),
)
def list_(ctx: Context, asked: Json) -> Json:
    """Items, by customer, invoice, and whether they wait if asked."""
    invoice, pending = asked.get("invoice"), asked.get("pending")

    def keep(each: Json) -> bool:
        waits = each["invoice"] is None
        return invoice in (None, each["invoice"]) and pending in (None, waits)

    found = (each | {"created": each["date"]} for each in _all(ctx, asked))
    page = listing(PATH, asked, found, keep)
    for each in page["data"]:
        del each["created"]
    return page


def _all(ctx: Context, asked: Json) -> list[Json]:
    return list(ctx.store.each("invoiceitem", asked.get("customer")))


def _waiting(ctx: Context, id_: str) -> Json:
    item = ctx.store.get("invoiceitem", id_)
    if item["invoice"] is not None:
        raise invalid("The invoice item is on an invoice already.", code="invoice_not_editable")
    return item
