"""Hours: what one account is charged of a meter in a UTC hour, and what became of it.

    open ──> sealed ──> accepted          it has been charged
      │         └─────> rejected          it never will be; somebody must look
      └──> nothing                        it came to zero

An hour is added to while it is open. Some minutes after its end it is due: it is sealed with the
message by which it is charged, and neither changes any more. Who sends that, and where to, is none
of metering's business. What comes later than the seal goes into another revision of the hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from chalicelib.core import calendar, clock, db
from chalicelib.core.shards import Shards
from chalicelib.core.sweeps import readable
from chalicelib.metering.models import MeterHour

SEAL_AFTER = 600
"""Seconds after its end at which an hour is due: what ended in it has been told by then."""
DUE_SHARDS = Shards(4)
_MOST_ROWS = 1000


class HourState(StrEnum):
    """How far an hour has come."""

    OPEN = "open"
    SEALED = "sealed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NOTHING = "nothing"


UNDER_WAY = (HourState.OPEN, HourState.SEALED)
"""States of hours of which it is still to come what becomes of them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which hour: who is charged in it, for whose use, of which meter. `hour` is its start."""

    payer_id: str
    account_id: str
    meter: str
    hour: int

    @property
    def key(self) -> str:
        """The partition of all hours of this payer and meter."""
        return f"{self.payer_id}:{self.meter}"

    @property
    def slots(self) -> str:
        """What the slots of all of its revisions begin with."""
        return f"{calendar.hour_name(self.hour)}:{self.account_id}:"


@dataclass(frozen=True, slots=True)
class Addition:
    """What is added to a revision of an hour: charged units, and what they cost in dollars."""

    place: Place
    revision: int
    quantity: int
    amount: Decimal


def add(write: db.Writes, label: str, addition: Addition) -> None:
    """Add to an open hour, in a transaction that is refused (`label`) if the hour is sealed."""
    place, revision = addition.place, addition.revision
    write.update(
        label,
        MeterHour(place.key, f"{place.slots}{revision:04d}"),
        [
            MeterHour.payer_id.set(place.payer_id),
            MeterHour.account_id.set(place.account_id),
            MeterHour.meter.set(place.meter),
            MeterHour.hour.set(place.hour),
            MeterHour.revision.set(revision),
            MeterHour.state.set(HourState.OPEN),
            MeterHour.quantity.add(addition.quantity),
            MeterHour.amount.add(addition.amount),
            MeterHour.due_shard.set(_shard(place.payer_id)),
            MeterHour.due_at.set(_seal_at(addition)),
        ],
        condition=MeterHour.state.does_not_exist() | (MeterHour.state == HourState.OPEN),
    )


def _shard(payer_id: str) -> str:
    # All hours of a payer are in one shard, so that one worker sends them in order.
    return DUE_SHARDS.of(payer_id)


def _seal_at(addition: Addition) -> int:
    on_time = addition.place.hour + calendar.HOUR + SEAL_AFTER
    # A late revision waits a little for what else is late.
    return max(on_time, clock.seconds() + SEAL_AFTER) if addition.revision else on_time


def next_revision(place: Place) -> int:
    """The revision of an hour that still takes additions."""
    rows = _beginning(place.key, place.slots)
    if not rows:
        return 0
    newest = rows[-1]
    return newest.revision if newest.state == HourState.OPEN else newest.revision + 1


def of_hour(payer_id: str, meter: str, hour: int) -> list[MeterHour]:
    """What a payer is charged of a meter in an hour: all accounts' rows, with all revisions."""
    return _beginning(f"{payer_id}:{meter}", f"{calendar.hour_name(hour)}:")


def of_month(payer_id: str, meter: str, month: str) -> list[MeterHour]:
    """What a payer is charged of a meter in a month: all hours in their order."""
    return _beginning(f"{payer_id}:{meter}", f"{month}-")


def _beginning(key: str, slots: str) -> list[MeterHour]:
    return list(MeterHour.query(key, MeterHour.slot.startswith(slots), consistent_read=True))


def shards() -> list[str]:
    """The parts of the index of hours that are due; all hours of a payer are in one."""
    return list(DUE_SHARDS)


def due(shard: str) -> list[MeterHour]:
    """Hours of a part that wait to be sealed or sent, as many as are taken on at a time."""
    found = MeterHour.due.query(shard, MeterHour.due_at <= clock.seconds(), limit=_MOST_ROWS)
    return list(readable("hours that are due were not all listed", found))


def seal(row: MeterHour, message: str) -> bool:
    """`open → sealed`, with the message by which it is charged. False if the hour has changed."""
    actions = [MeterHour.state.set(HourState.SEALED), MeterHour.message.set(message)]
    return _change(row, actions, _is_open_as_read(row))


def settle_unsealed(row: MeterHour, state: HourState, outcome: str) -> bool:
    """`open → nothing | rejected`. False if the hour has changed."""
    return _change(row, _settled(state, outcome), _is_open_as_read(row))


def _is_open_as_read(row: MeterHour) -> db.Condition:
    as_read: db.Condition = (MeterHour.state == HourState.OPEN) & (
        MeterHour.quantity == row.quantity
    )
    return as_read


def note_sending(row: MeterHour, next_in: int) -> bool:
    """Note that a sealed hour is being sent, and that it is due again in so many seconds.

    False if it is sealed no more.
    """
    now = clock.seconds()
    first = row.first_sent_at if row.first_sent_at is not None else now
    actions = [
        MeterHour.first_sent_at.set(first),
        MeterHour.attempts.add(1),
        MeterHour.due_at.set(now + next_in),
    ]
    return _change(row, actions, MeterHour.state == HourState.SEALED)


def put_off(row: MeterHour, seconds: int) -> None:
    """Let a sealed hour be due again in so many seconds."""
    later = [MeterHour.due_at.set(clock.seconds() + seconds)]
    _change(row, later, MeterHour.state == HourState.SEALED)


def settle(row: MeterHour, state: HourState, outcome: str) -> None:
    """`sealed → accepted | rejected`, unless that is known already."""
    _change(row, _settled(state, outcome), MeterHour.state == HourState.SEALED)


def _settled(state: HourState, outcome: str) -> list[db.Action]:
    return [
        MeterHour.state.set(state),
        MeterHour.outcome.set(outcome[:300]),
        MeterHour.settled_at.set(clock.seconds()),
        MeterHour.due_shard.remove(),
        MeterHour.due_at.remove(),
    ]


def send_anew(row: MeterHour, message: str) -> None:
    """`sealed | accepted → sealed`, with another message, due at once: the first has not arrived.

    Does nothing if the hour has changed since it was read.
    """
    actions = [
        MeterHour.state.set(HourState.SEALED),
        MeterHour.message.set(message),
        MeterHour.first_sent_at.remove(),
        MeterHour.due_shard.set(_shard(row.payer_id)),
        MeterHour.due_at.set(clock.seconds()),
    ]
    as_read = (MeterHour.state == row.state) & (MeterHour.first_sent_at == row.first_sent_at)
    _change(row, actions, as_read)


def _change(row: MeterHour, actions: Sequence[db.Action], condition: db.Condition) -> bool:
    return db.update_if(row, condition, actions)
