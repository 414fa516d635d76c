"""Bodies of billing's schedules. Every one may run twice, late, or beside itself."""

from chalicelib.billing import closing, outbox
from chalicelib.core import claims, clock
from chalicelib.core.entry_points import EVERY_FIVE_MINUTES, schedule
from chalicelib.core.observability import log
from chalicelib.core.sweeps import MAY_SWEEP

_PUSH_SECONDS = 240
"""How long one run sends; less than its function's timeout, and than the schedule's interval."""


@schedule(
    EVERY_FIVE_MINUTES,
    alarm="billing",
    timeout_seconds=300,
    may=(
        "delete, get, put claims",
        "query meter_hours.due",
        "query, update meter_hours",
        "get billing_accounts",
        "speak with Stripe",
    ),
)
def push_usage() -> None:
    """Schedule: seal the hours that are over, and bring them to Stripe. One at a time."""
    claim = claims.take("push_usage", _PUSH_SECONDS + 60)
    if isinstance(claim, claims.Taken):
        log.info("usage is being pushed already")
        return
    try:
        outbox.push(until=clock.seconds() + _PUSH_SECONDS)
    finally:
        claims.give_back(claim)


@schedule(
    EVERY_FIVE_MINUTES,
    alarm="billing",
    timeout_seconds=300,
    may=(
        *MAY_SWEEP,
        "query usage_months.open",
        "get, query, update usage_months",
        "get, query meter_hours",
        "get, query billing_accounts",
        "query uses.open_by_payer",
        "speak with Stripe",
    ),
)
def close_months() -> None:
    """Schedule: close the months that are over and complete."""
    closing.close_months()
