"""Events of the last 30 days, as they can be read afterwards."""

from localcloud.stripe.context import Context
from localcloud.stripe.errors import missing
from localcloud.stripe.events import pending_webhooks
from localcloud.stripe.listing import listing
from localcloud.stripe.operations import operation
from localcloud.stripe.parameters import (
    PAGING,
    Json,
    array,
    boolean,
    created,
    operation_parameters,
    text,
)

PATH = "/v1/events"

KEPT_SECONDS = 30 * 24 * 3600
"""How long events can be read (API reference, "Events")."""


@operation(f"GET {PATH}/{{id}}", operation_parameters({}))
def retrieve(ctx: Context, _asked: Json, id_: str) -> Json:
    """One event, with how many deliveries of it are still to come."""
    event = ctx.store.get("event", id_)
    if event["created"] < ctx.now - KEPT_SECONDS:
        raise missing("event", id_)
    return _with_pending(ctx, event)


@operation(
    f"GET {PATH}",
    operation_parameters(
        PAGING
        | {
            "created": created,
            "delivery_success": boolean,
            "type": text(),
            "types": array(text(), most=20),
        }
    ),
)
def list_(ctx: Context, asked: Json) -> Json:
    """Events, by their types and whether all their deliveries succeeded if asked."""
    types = asked.get("types", [asked["type"]] if "type" in asked else None)
    success = asked.get("delivery_success")

    def keep(event: Json) -> bool:
        return (
            event["created"] >= ctx.now - KEPT_SECONDS
            and (types is None or event["type"] in types)
            and (success is None or (pending_webhooks(ctx, event["id"]) == 0) == success)
        )

    page = listing(PATH, asked, ctx.store.each("event"), keep)
    return page | {"data": [_with_pending(ctx, each) for each in page["data"]]}


def _with_pending(ctx: Context, event: Json) -> Json:
    return event | {"pending_webhooks": pending_webhooks(ctx, event["id"])}
