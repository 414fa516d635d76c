"""Bodies of billing's schedules. Every one may run twice, late, or beside itself."""

from chalicelib.billing import closing, outbox
from chalicelib.core import claims, clock
from chalicelib.core.observability import log

_PUSH_SECONDS = 240
"""How long one run sends; less than its function's timeout, and than the schedule's interval."""


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


def close_months() -> None:
    """Schedule: close the months that are over and complete."""
    closing.close_months()
