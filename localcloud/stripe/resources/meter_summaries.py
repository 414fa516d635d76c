"""Summaries of what a meter counted for a customer, in whole minutes, by hour or day if asked."""

from localcloud.stripe.billing import metering
from localcloud.stripe.context import Context
from localcloud.stripe.errors import invalid
from localcloud.stripe.listing import listing
from localcloud.stripe.operations import operation
from localcloud.stripe.parameters import (
    PAGING,
    Json,
    choice,
    integer,
    operation_parameters,
    text,
)

WINDOWS = {"hour": 3600, "day": 86400}
"""Seconds of a grouping window."""


@operation(
    "GET /v1/billing/meters/{id}/event_summaries",
    operation_parameters(
        PAGING
        | {
            "customer": text(),
            "start_time": integer,
            "end_time": integer,
            "value_grouping_window": choice("day", "hour"),
        },
        required=["customer", "start_time", "end_time"],
    ),
)
def list_(ctx: Context, asked: Json, id_: str) -> Json:
    """One summary, or one for each window in which something was counted, the newest first."""
    meter = ctx.store.get("billing.meter", id_)
    ctx.store.get("customer", asked["customer"], "customer")
    start, end = asked["start_time"], asked["end_time"]
    window = WINDOWS.get(asked.get("value_grouping_window", ""))
    _check_aligned(asked, window or 60)
    if end <= start:
        raise invalid("end_time must be after start_time.", "end_time")
    if window is None:
        spans = [(start, end)]
    else:
        starts = metering.windows(ctx, meter, asked["customer"], (start, end), window)
        spans = [(each, each + window) for each in starts]
    summaries = [_summary(ctx, meter, asked["customer"], span) for span in spans]
    return listing(f"/v1/billing/meters/{id_}/event_summaries", asked, summaries)


def _summary(ctx: Context, meter: Json, customer: str, span: tuple[int, int]) -> Json:
    start, end = span
    return {
        "id": f"mtrusg_test_{meter['id'][9:17]}{customer[4:12]}{start:x}{end:x}",
        "object": "billing.meter_event_summary",
        "aggregated_value": metering.usage(ctx, meter, customer, span),
        "end_time": end,
        "livemode": False,
        "meter": meter["id"],
        "start_time": start,
    }


def _check_aligned(asked: Json, seconds: int) -> None:
    for name in ("start_time", "end_time"):
        if asked[name] % seconds:
            unit = {60: "minute", 3600: "hour", 86400: "day"}[seconds]
            raise invalid(f"{name} must be aligned with {unit} boundaries.", name)
