"""What Stripe is told: one message a payer, account, meter and UTC hour, delivered once.

An hour that is due (`metering/hours.py`) is sealed with the request that tells Stripe of it, its
identifier with it. A request is sent again, the same bytes, for as long as Stripe knows identifiers
(24 h); an answer that it has it already is a delivery. After that nothing is sent blindly: Stripe's
own sums say what has arrived (`sums.py`).
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import msgspec

from chalicelib.billing import messages, payers, stripe_gateway, sums
from chalicelib.core import clock
from chalicelib.core.observability import log, surviving
from chalicelib.metering import hours
from chalicelib.metering.hours import HourState
from chalicelib.metering.service import MeterHour

_FIRST_PAUSE = 15
_AT_ONCE = 8
"""Messages under way at a time; Stripe allows one a customer and meter."""


def push(until: int) -> int:
    """Seal and send everything that is due, until this second. Gives how many hours it took on.

    One at a time: the caller holds a claim.
    """
    taken = 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for shard in hours.shards():
            while clock.seconds() < until and (due := hours.due(shard)):
                taken += len(due)
                list(pool.map(_take_on, _by_key(due)))
    return taken


def _by_key(rows: Iterable[MeterHour]) -> list[list[MeterHour]]:
    groups: dict[str, list[MeterHour]] = {}
    for row in rows:
        groups.setdefault(row.key, []).append(row)
    return [sorted(group, key=lambda row: row.slot) for group in groups.values()]


def _take_on(rows: list[MeterHour]) -> None:
    """Bring the hours of one payer and meter further, one after the other."""
    with surviving("hours were not pushed; the next run tries again", key=rows[0].key):
        for row in rows:
            if row.state == HourState.OPEN and not seal(row):
                continue
            if row.state == HourState.SEALED:
                send(row)


def seal(row: MeterHour) -> bool:
    """`open → sealed | nothing | rejected`: freeze the request. False if the hour has changed."""
    if row.quantity == 0:
        return hours.settle_unsealed(row, HourState.NOTHING, "came to zero")
    customer_id = payers.read(row.payer_id).customer_id
    if customer_id is None:
        why = "the payer has no customer at Stripe"
        return hours.settle_unsealed(row, HourState.REJECTED, why)
    return hours.seal(row, messages.of(row, customer_id))


def send(row: MeterHour) -> None:
    """Bring a sealed hour to Stripe, and note what became of it."""
    if sums.is_too_old_to_resend(row):
        sums.settle(row.payer_id, row.meter, row.hour)
        return
    # Noted before the call: whoever comes after a crash knows that it may have arrived.
    if not hours.note_sending(row, next_in=_pause(row)):
        return
    delivery = stripe_gateway.report_usage(msgspec.json.decode(row.message or ""))
    if delivery.is_unknown:
        log.warning("usage may not have arrived", hour=row.slot, key=row.key, why=delivery.message)
        return
    state = HourState.ACCEPTED if delivery.has_arrived else HourState.REJECTED
    if state is HourState.REJECTED:
        log.error("Stripe refuses usage", hour=row.slot, key=row.key, why=delivery.message)
    hours.settle(row, state, delivery.message)


def _pause(row: MeterHour) -> int:
    return int(min(_FIRST_PAUSE * 2 ** min(row.attempts or 0, 20), sums.LONGEST_PAUSE))
