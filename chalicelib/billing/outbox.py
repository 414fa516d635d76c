"""What Stripe is told: one message an account, meter and UTC hour, delivered once.

    open ──> sealed ──> accepted          a message that Stripe has
      │         └─────> rejected          one that it will never take; somebody must look
      └──> nothing                        an hour that came to zero

An hour is added to while it is open. It is sealed some minutes after its end: the request is frozen
then, its identifier with it. A request is sent again, the same bytes, for as long as Stripe knows
identifiers (24 h); an answer that it has it already is a delivery. After that nothing is sent
blindly: Stripe's own sums say what has arrived.

What comes later than the seal goes into another revision of the hour, with a message of its own.
"""

import zlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import combinations

import msgspec

from chalicelib.billing import calendar, stripe_gateway
from chalicelib.billing.catalogue import METERS
from chalicelib.billing.models import BillingAccount, MeterHour
from chalicelib.core import clock, db
from chalicelib.core.observability import log, surviving
from chalicelib.core.sweeps import readable

SEAL_AFTER = 600
"""Seconds after its end at which an hour is sealed: what ended in it has been told by then."""
RESEND_FOR = 23 * calendar.HOUR
"""Seconds from the first try in which a request may be sent again: Stripe knows an identifier for
"at least 24 hours" (API reference, "Create a billing meter event")."""
DUE_SHARDS = 4
_LONGEST_PAUSE = calendar.HOUR
_FIRST_PAUSE = 15
_AT_ONCE = 8
"""Messages under way at a time; Stripe allows one a customer and meter."""
_MOST_ROWS = 1000
_FEW = 12
"""Messages of one hour up to which every combination of them is looked at."""


class HourState(StrEnum):
    """Where an hour is on its way to Stripe."""

    OPEN = "open"
    SEALED = "sealed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Usage:
    """What is added to an hour: charged units of a meter, and what they cost in dollars."""

    account_id: str
    meter: str
    hour: int
    revision: int
    quantity: int
    amount: Decimal


def add(write: db.Writes, label: str, usage: Usage) -> None:
    """Add to an open hour, in a transaction that is refused (`label`) if the hour is sealed."""
    write.update(
        label,
        _hour(usage.account_id, usage.meter, usage.hour, usage.revision),
        [
            MeterHour.account_id.set(usage.account_id),
            MeterHour.meter.set(usage.meter),
            MeterHour.hour.set(usage.hour),
            MeterHour.revision.set(usage.revision),
            MeterHour.state.set(HourState.OPEN),
            MeterHour.quantity.add(usage.quantity),
            MeterHour.amount.add(usage.amount),
            MeterHour.due_shard.set(_shard(usage.account_id)),
            MeterHour.due_at.set(_seal_at(usage)),
        ],
        condition=MeterHour.state.does_not_exist() | (MeterHour.state == HourState.OPEN),
    )


def _hour(account_id: str, meter: str, hour: int, revision: int) -> MeterHour:
    return MeterHour(f"{account_id}:{meter}", f"{calendar.hour_name(hour)}:{revision:04d}")


def _shard(account_id: str) -> str:
    # All hours of an account are in one shard, so that one worker sends them in order.
    return str(zlib.crc32(account_id.encode()) % DUE_SHARDS)


def _seal_at(usage: Usage) -> int:
    on_time = usage.hour + calendar.HOUR + SEAL_AFTER
    # A late revision waits a little for what else is late.
    return max(on_time, clock.seconds() + SEAL_AFTER) if usage.revision else on_time


def next_revision(account_id: str, meter: str, hour: int) -> int:
    """The revision of an hour that still takes additions."""
    rows = of_hour(account_id, meter, hour)
    if not rows:
        return 0
    newest = rows[-1]
    return newest.revision if newest.state == HourState.OPEN else newest.revision + 1


def of_hour(account_id: str, meter: str, hour: int) -> list[MeterHour]:
    """All revisions of an hour, oldest first."""
    return list(
        MeterHour.query(
            f"{account_id}:{meter}",
            MeterHour.slot.startswith(f"{calendar.hour_name(hour)}:"),
            consistent_read=True,
        )
    )


def of_month(account_id: str, meter: str, month: str) -> list[MeterHour]:
    """All hours of a month in their order, with all revisions."""
    return list(
        MeterHour.query(
            f"{account_id}:{meter}",
            MeterHour.slot.startswith(f"{month}-"),
            consistent_read=True,
        )
    )


def push(until: int) -> int:
    """Seal and send everything that is due, until this second. Gives how many hours it took on.

    One at a time: the caller holds a claim.
    """
    taken = 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for shard in range(DUE_SHARDS):
            while clock.seconds() < until and (due := _due(str(shard))):
                taken += len(due)
                list(pool.map(_take_on, _by_key(due)))
    return taken


def _due(shard: str) -> list[MeterHour]:
    found = MeterHour.due.query(shard, MeterHour.due_at <= clock.seconds(), limit=_MOST_ROWS)
    return list(readable("hours that are due were not all listed", found))


def _by_key(rows: Iterable[MeterHour]) -> list[list[MeterHour]]:
    groups: dict[str, list[MeterHour]] = {}
    for row in rows:
        groups.setdefault(row.key, []).append(row)
    return [sorted(group, key=lambda row: row.slot) for group in groups.values()]


def _take_on(rows: list[MeterHour]) -> None:
    """Bring the hours of one account and meter further, one after the other."""
    with surviving("hours were not pushed; the next run tries again", key=rows[0].key):
        for row in rows:
            if row.state == HourState.OPEN and not seal(row):
                continue
            if row.state == HourState.SEALED:
                send(row)


def seal(row: MeterHour) -> bool:
    """`open → sealed | nothing | rejected`: freeze the request. False if the hour has changed."""
    customer_id = _customer_of(row.account_id)
    if row.quantity == 0:
        actions = _settled(HourState.NOTHING, "came to zero")
    elif customer_id is None:
        actions = _settled(HourState.REJECTED, "the account has no customer at Stripe")
    else:
        request = _request(row, customer_id, attempt=0)
        actions = [MeterHour.state.set(HourState.SEALED), MeterHour.request.set(request)]
    return _change(
        row, actions, (MeterHour.state == HourState.OPEN) & (MeterHour.quantity == row.quantity)
    )


def _customer_of(account_id: str) -> str | None:
    try:
        return BillingAccount.get(account_id, consistent_read=True).customer_id
    except db.DoesNotExist:
        return None


def _request(row: MeterHour, customer_id: str, attempt: int) -> str:
    """The meter event, as text that will be sent as it is (API reference, "Meter events").

    Its time is the last second of the hour. `attempt` counts identifiers that never arrived.
    """
    hour = calendar.hour_name(row.hour)
    revision = f"{row.revision}.{attempt}" if attempt else str(row.revision)
    request = {
        "event_name": METERS[row.meter].event_name,
        "identifier": f"{row.meter}:{row.account_id}:{hour}:{revision}",
        "payload": {"stripe_customer_id": customer_id, "value": str(row.quantity)},
        "timestamp": row.hour + calendar.HOUR - 1,
    }
    return msgspec.json.encode(request).decode()


def send(row: MeterHour) -> None:
    """Bring a sealed hour to Stripe, and note what became of it."""
    now = clock.seconds()
    if row.first_sent_at is not None and now - row.first_sent_at > RESEND_FOR:
        settle_by_summary(row.account_id, row.meter, row.hour)
        return
    # Noted before the call: whoever comes after a crash knows that it may have arrived.
    first = row.first_sent_at if row.first_sent_at is not None else now
    noted = _change(
        row,
        [MeterHour.first_sent_at.set(first), MeterHour.attempts.add(1), _due_in(_pause(row))],
        MeterHour.state == HourState.SEALED,
    )
    if not noted:
        return
    delivery = stripe_gateway.report_usage(msgspec.json.decode(row.request or ""))
    if delivery.is_unknown:
        log.warning("usage may not have arrived", hour=row.slot, key=row.key, why=delivery.message)
        return
    state = HourState.ACCEPTED if delivery.has_arrived else HourState.REJECTED
    if state is HourState.REJECTED:
        log.error("Stripe refuses usage", hour=row.slot, key=row.key, why=delivery.message)
    _change(row, _settled(state, delivery.message), MeterHour.state == HourState.SEALED)


def _pause(row: MeterHour) -> int:
    return int(min(_FIRST_PAUSE * 2 ** min(row.attempts or 0, 20), _LONGEST_PAUSE))


def _due_in(seconds: int) -> db.Action:
    return MeterHour.due_at.set(clock.seconds() + seconds)


def _settled(state: HourState, outcome: str) -> list[db.Action]:
    return [
        MeterHour.state.set(state),
        MeterHour.outcome.set(outcome[:300]),
        MeterHour.settled_at.set(clock.seconds()),
        MeterHour.due_shard.remove(),
        MeterHour.due_at.remove(),
    ]


def _change(row: MeterHour, actions: list[db.Action], condition: db.Condition) -> bool:
    return db.update_if(row, condition, actions)


def settle_by_summary(account_id: str, meter: str, hour: int) -> bool:
    """Find out by Stripe's own sum of an hour which messages have arrived; send the others anew.

    What arrived is `accepted`; what is old and provably did not gets another identifier. False
    when no combination of messages explains the sum: then somebody must look.
    """
    customer_id = _customer_of(account_id)
    sent = [row for row in of_hour(account_id, meter, hour) if _may_have_arrived(row)]
    if customer_id is None or not sent:
        return True
    total = stripe_gateway.usage_of_hour(customer_id, METERS[meter].event_name, hour)
    arrived = _explanation(sent, total)
    if arrived is None:
        log.error("Stripe's sum of an hour is not explained", hour=hour, meter=meter, total=total,
                  account_id=account_id)  # fmt: skip
        for row in sent:
            if row.state == HourState.SEALED:
                _change(row, [_due_in(_LONGEST_PAUSE)], MeterHour.state == HourState.SEALED)
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
    if len(rows) > _FEW:
        return None
    # Those that Stripe has confirmed are the likeliest, and then those that were sent last: of two
    # alike, the older one can be sent anew now, the younger one only in a day.
    likeliest = sorted(rows, key=lambda row: (row.state, -(row.first_sent_at or 0)))
    for count in range(len(rows) - 1, -1, -1):
        for chosen in combinations(likeliest, count):
            if sum(row.quantity for row in chosen) == total:
                return {row.slot for row in chosen}
    return None


def _found(row: MeterHour) -> None:
    if row.state == HourState.SEALED:
        found = _settled(HourState.ACCEPTED, "found in Stripe's sums")
        _change(row, found, MeterHour.state == HourState.SEALED)


def _send_anew(row: MeterHour, customer_id: str) -> None:
    """Another identifier, for a message that Stripe's sums lack a day after it was sent."""
    age = clock.seconds() - (row.first_sent_at or clock.seconds())
    if age <= RESEND_FOR:
        return
    log.warning("usage has not arrived, sending it anew", key=row.key, hour=row.slot)
    _change(
        row,
        [
            MeterHour.state.set(HourState.SEALED),
            MeterHour.request.set(_request(row, customer_id, attempt=row.attempts or 1)),
            MeterHour.first_sent_at.remove(),
            MeterHour.due_shard.set(_shard(row.account_id)),
            _due_in(0),
        ],
        (MeterHour.state == row.state) & (MeterHour.first_sent_at == row.first_sent_at),
    )
