"""Meters: what is counted. Everything but a meter's display name is fixed when it is made."""

from localcloud.stripe.context import Context
from localcloud.stripe.errors import invalid
from localcloud.stripe.events import emit, emit_change
from localcloud.stripe.ids import new_id
from localcloud.stripe.listing import filtered, listing
from localcloud.stripe.operations import operation
from localcloud.stripe.parameters import (
    PAGING,
    Json,
    choice,
    group,
    operation_parameters,
    text,
)

PATH = "/v1/billing/meters"


@operation(
    f"POST {PATH}",
    operation_parameters(
        {
            "customer_mapping": group(
                {"event_payload_key": text(100), "type": choice("by_id")},
                required=["event_payload_key", "type"],
            ),
            "default_aggregation": group(
                {"formula": choice("count", "last", "sum")}, required=["formula"]
            ),
            "display_name": text(250),
            "event_name": text(100),
            "event_time_window": choice("day", "hour"),
            "value_settings": group(
                {"event_payload_key": text(100)}, required=["event_payload_key"]
            ),
        },
        required=["default_aggregation", "display_name", "event_name"],
    ),
)
def create(ctx: Context, asked: Json) -> Json:
    """A new meter; an event name belongs to one meter."""
    if any(each["event_name"] == asked["event_name"] for each in ctx.store.each("billing.meter")):
        message = f"A meter with the event name `{asked['event_name']}` already exists."
        raise invalid(message, "event_name", "resource_already_exists")
    meter = {
        "id": new_id("mtr_test"),
        "object": "billing.meter",
        "created": ctx.now,
        "customer_mapping": asked.get(
            "customer_mapping", {"event_payload_key": "stripe_customer_id", "type": "by_id"}
        ),
        "default_aggregation": asked["default_aggregation"],
        "display_name": asked["display_name"],
        "event_name": asked["event_name"],
        "event_time_window": asked.get("event_time_window"),
        "livemode": False,
        "status": "active",
        "status_transitions": {"deactivated_at": None},
        "updated": ctx.now,
        "value_settings": asked.get("value_settings", {"event_payload_key": "value"}),
    }
    ctx.store.add(meter)
    emit(ctx, "billing.meter.created", meter)
    return meter


@operation(f"GET {PATH}/{{id}}", operation_parameters({}))
def retrieve(ctx: Context, _asked: Json, id_: str) -> Json:
    """One meter."""
    return ctx.store.get("billing.meter", id_)


@operation(f"POST {PATH}/{{id}}", operation_parameters({"display_name": text(250)}))
def update(ctx: Context, asked: Json, id_: str) -> Json:
    """Change the display name, which is all that can be changed."""
    meter = ctx.store.get("billing.meter", id_)
    before = dict(meter)
    meter |= {"display_name": asked.get("display_name", meter["display_name"]), "updated": ctx.now}
    ctx.store.save(meter)
    emit_change(ctx, "billing.meter.updated", before, meter)
    return meter


@operation(f"POST {PATH}/{{id}}/deactivate", operation_parameters({}))
def deactivate(ctx: Context, _asked: Json, id_: str) -> Json:
    """Count no more."""
    return _set_status(ctx, id_, "inactive", "billing.meter.deactivated")


@operation(f"POST {PATH}/{{id}}/reactivate", operation_parameters({}))
def reactivate(ctx: Context, _asked: Json, id_: str) -> Json:
    """Count again."""
    return _set_status(ctx, id_, "active", "billing.meter.reactivated")


@operation(f"GET {PATH}", operation_parameters(PAGING | {"status": choice("active", "inactive")}))
def list_(ctx: Context, asked: Json) -> Json:
    """Meters, by their status if asked."""
    return listing(PATH, asked, ctx.store.each("billing.meter"), filtered(asked, "status"))


def _set_status(ctx: Context, id_: str, status: str, event: str) -> Json:
    meter = ctx.store.get("billing.meter", id_)
    if meter["status"] == status:
        raise invalid(f"The meter is already {status}.")
    at = ctx.now if status == "inactive" else None
    meter |= {
        "status": status,
        "status_transitions": {"deactivated_at": at},
        "updated": ctx.now,
    }
    ctx.store.save(meter)
    emit(ctx, event, meter)
    return meter
