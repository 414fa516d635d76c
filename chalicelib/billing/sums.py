"""Stripe's own sums of an hour: which messages have arrived, where no answer said so."""

from itertools import chain, combinations, islice

from chalicelib.billing import messages, payers, stripe_gateway
from chalicelib.billing.stripe_names import event_name
from chalicelib.core import calendar, clock
from chalicelib.core.observability import log
from chalicelib.metering import hours
from chalicelib.metering.hours import HourState
from chalicelib.metering.service import MeterHour
from chalicelib.plans.catalogue import METERS

RESEND_FOR = 23 * calendar.HOUR
"""Seconds from the first try in which a request may be sent again: Stripe knows an identifier for
"at least 24 hours" (API reference, "Create a billing meter event")."""
LONGEST_PAUSE = calendar.HOUR
"""Seconds after which what has failed is tried again, at the latest."""
_MOST_SETS = 4096
"""Sets of messages that are looked at: all of twelve, all but two of ninety."""


def is_too_old_to_resend(row: MeterHour) -> bool:
    """Whether Stripe may have forgotten the identifier of a message that was sent before."""
    first = row.first_sent_at
    return first is not None and clock.seconds() - first > RESEND_FOR


def settle(payer_id: str, meter: str, hour: int) -> bool:
    """Find out by Stripe's own sum of an hour which messages have arrived; send the others anew.

    What arrived is `accepted`; what is old and provably did not gets another identifier. False
    when no combination of messages explains the sum: then somebody must look.
    """
    customer_id = payers.read(payer_id).customer_id
    sent = [row for row in hours.of_hour(payer_id, meter, hour) if _may_have_arrived(row)]
    if customer_id is None or not sent:
        return True
    total = stripe_gateway.usage_of_hour(customer_id, event_name(METERS[meter]), hour)
    arrived = _explanation(sent, total)
    if arrived is None:
        log.error("Stripe's sum of an hour is not explained", hour=hour, meter=meter, total=total,
                  account_id=payer_id)  # fmt: skip
        for row in sent:
            if row.state == HourState.SEALED:
                hours.put_off(row, LONGEST_PAUSE)
        return False
    for row in sent:
        if row.slot in arrived:
            _found(row)
        else:
            _send_anew(row, customer_id)
    return True


def _may_have_arrived(row: MeterHour) -> bool:
    was_sent = row.state == HourState.SEALED and row.first_sent_at is not None
    return was_sent or row.state == HourState.ACCEPTED


def _explanation(rows: list[MeterHour], total: int) -> set[str] | None:
    """The largest set of messages that adds up to Stripe's sum, by their slots."""
    if sum(row.quantity for row in rows) == total:
        return {row.slot for row in rows}
    # Those that Stripe has confirmed are the likeliest, and then those that were sent last: of two
    # alike, the older one can be sent anew now, the younger one only in a day.
    likeliest = sorted(rows, key=lambda row: (row.state, -(row.first_sent_at or 0)))
    sizes = range(len(rows) - 1, -1, -1)
    sets = chain.from_iterable(combinations(likeliest, size) for size in sizes)
    for chosen in islice(sets, _MOST_SETS):
        if sum(row.quantity for row in chosen) == total:
            return {row.slot for row in chosen}
    return None


def _found(row: MeterHour) -> None:
    if row.state == HourState.SEALED:
        hours.settle(row, HourState.ACCEPTED, "found in Stripe's sums")


def _send_anew(row: MeterHour, customer_id: str) -> None:
    """Another identifier, for a message that Stripe's sums lack a day after it was sent."""
    if is_too_old_to_resend(row):
        log.warning("usage has not arrived, sending it anew", key=row.key, hour=row.slot)
        hours.send_anew(row, messages.of(row, customer_id, attempt=row.attempts or 1))
