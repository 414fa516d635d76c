"""Products: what is sold."""

from localcloud.stripe.context import Context
from localcloud.stripe.errors import invalid
from localcloud.stripe.events import emit, emit_change
from localcloud.stripe.ids import new_id
from localcloud.stripe.listing import filtered, listing
from localcloud.stripe.operations import operation
from localcloud.stripe.parameters import (
    PAGING,
    Json,
    array,
    boolean,
    clearable,
    created,
    merged,
    metadata,
    operation_parameters,
    text,
)

PATH = "/v1/products"

FIELDS = {
    "active": boolean,
    "description": clearable(text(40000)),
    "metadata": metadata,
    "name": text(5000),
    "statement_descriptor": clearable(text(22)),
    "unit_label": clearable(text(12)),
}

ELSEWHERE = (
    "default_price default_price_data images marketing_features package_dimensions shippable"
    " tax_code url"
)


@operation(
    f"POST {PATH}",
    operation_parameters(FIELDS | {"id": text()}, required=["name"], elsewhere=ELSEWHERE),
)
def create(ctx: Context, asked: Json) -> Json:
    """A new product; its id may be chosen."""
    id_ = asked.pop("id", None) or new_id("prod", 14)
    if ctx.store.find(id_):
        raise invalid("Product already exists.", "id", "resource_already_exists")
    return make(ctx, id_, asked)


def make(ctx: Context, id_: str, asked: Json) -> Json:
    """Keep a new product and tell of it."""
    product = {
        "id": id_,
        "object": "product",
        "active": asked.get("active", True),
        "created": ctx.now,
        "default_price": None,
        "description": asked.get("description"),
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": merged({}, asked.get("metadata")),
        "name": asked["name"],
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": asked.get("statement_descriptor"),
        "tax_code": None,
        "unit_label": asked.get("unit_label"),
        "updated": ctx.now,
        "url": None,
    }
    ctx.store.add(product)
    emit(ctx, "product.created", product)
    return product


@operation(f"GET {PATH}/{{id}}", operation_parameters({}))
def retrieve(ctx: Context, _asked: Json, id_: str) -> Json:
    """One product."""
    return ctx.store.get("product", id_)


@operation(f"POST {PATH}/{{id}}", operation_parameters(FIELDS, elsewhere=ELSEWHERE))
def update(ctx: Context, asked: Json, id_: str) -> Json:
    """Change what is given."""
    product = ctx.store.get("product", id_)
    before = dict(product)
    both = merged(product["metadata"], asked.get("metadata"))
    product |= asked | {"metadata": both, "updated": ctx.now}
    product.pop("expand", None)
    ctx.store.save(product)
    emit_change(ctx, "product.updated", before, product)
    return product


@operation(
    f"GET {PATH}",
    operation_parameters(
        PAGING | {"active": boolean, "created": created, "ids": array(text())},
        elsewhere="shippable url",
    ),
)
def list_(ctx: Context, asked: Json) -> Json:
    """Products, by their ids and whether they are active if asked."""
    ids, matches = asked.get("ids"), filtered(asked, "active")
    return listing(
        PATH,
        asked,
        ctx.store.each("product"),
        lambda each: (ids is None or each["id"] in ids) and matches(each),
    )
