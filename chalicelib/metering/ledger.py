"""The ledger: what was used, written so that no second can be missing or be there twice.

A piece of a use's time is recorded by one transaction, which moves the use's `metered_until` from
the piece's start to its end, and writes the segment, the two sides of its booking, the sums for
the month and for plots, and adds to what will be charged of the hour (`hours.py`). The
conditions do the deduplication: recorded twice, the second one is refused.

Nothing is ever edited. What was too much is taken back by a piece of opposite sign, in the hour in
which it was billed. An hour that is sealed by then gets another revision; a month that is closed
gets nothing, and the piece is carried forward into the present hour, and says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from chalicelib.core import calendar, clock, db
from chalicelib.metering import hours, months
from chalicelib.metering.models import Entry, Segment, UsageDay, UsageMonth, Use
from chalicelib.plans.catalogue import Rate, Units

NOT_OPEN: list[db.Action] = [
    Use.open_shard.remove(),
    Use.open_account_id.remove(),
    Use.open_payer_id.remove(),
]
"""What a use loses when its last second is recorded."""
_TRIES = 20
"""Each try goes to another revision or hour; a month has fewer hours sealed at once than this."""


class Moved(Exception):
    """The use has been recorded further, or less far, since it was read."""


class Unrecorded(Exception):
    """No open hour was found for a piece; it stays unrecorded, and the next sweep tries again."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a piece used of one meter. Negative where the piece takes back."""

    meter: str
    quantity: int
    included: int
    price: Decimal

    @property
    def billable(self) -> int:
        """How much of it is charged."""
        return self.quantity - self.included

    @property
    def amount(self) -> Decimal:
        """What that costs, in dollars, exactly."""
        return self.billable * self.price


@dataclass(frozen=True, slots=True)
class Piece:
    """`[start, end)` of a use in whole seconds, and the terms on which it is recorded.

    `hour` is the start of the UTC hour that it is billed in. `after` is what the use's terms are
    from then on, and `byte_seconds` what of the account's stored bytes is recorded by then.
    """

    start: int
    end: int
    sign: int
    hour: int
    plan: str
    units: Units
    included: Units
    rates: Mapping[str, Rate]
    note: str | None = None
    carried_from: int | None = None
    after: "Terms | None" = None
    byte_seconds: int | None = None

    @property
    def seconds(self) -> int:
        """Its length, negative where it takes back."""
        return self.sign * (self.end - self.start)

    @property
    def lines(self) -> list[Line]:
        """What it used, by meter."""
        return [
            Line(
                meter,
                self.rates[meter].count(count, self.seconds),
                self.rates[meter].count(self.included.get(meter, 0), self.seconds),
                self.rates[meter].price_usd,
            )
            for meter, count in self.units.items()
        ]

    @property
    def amount(self) -> Decimal:
        """What it costs, in dollars, exactly."""
        return sum((line.amount for line in self.lines), Decimal(0))


def lines_of(segment: Segment) -> list[Line]:
    """What a segment used, by meter."""
    return Piece(
        start=segment.start,
        end=segment.end,
        sign=segment.sign,
        hour=segment.hour,
        plan=segment.plan,
        units=plain(segment.units),
        included=plain(segment.included),
        rates=rates_of(segment),
    ).lines


def rates_of(segment: Segment) -> dict[str, Rate]:
    """The rates that were in force when a segment was written."""
    return {
        meter: Rate(Decimal(segment.prices[meter]), int(segment.per[meter]))
        for meter in segment.prices
    }


def plain(units: Any) -> Units:
    """A stored map as a plain one."""
    return {meter: int(units[meter]) for meter in units}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a use uses at a time, and what of that its plan has paid for."""

    plan: str
    units: Units
    included: Units = field(default_factory=dict)


def record(use: Use, piece: Piece) -> None:
    """Record a piece of a use, once.

    Raises `Moved` if the use is not where the piece begins (or ends, if it takes back), and
    `Unrecorded` if no hour would take it.
    """
    revisions: dict[str, int] = {}
    for _ in range(_TRIES):
        try:
            _write(use, piece, revisions)
        except db.Refused as refused:
            if "use" in refused.failed:
                raise Moved(use.id) from refused
            if "month" in refused.failed:
                piece, revisions = _carried_forward(piece), {}
            for line in piece.lines:
                if f"hour {line.meter}" in refused.failed:
                    revisions[line.meter] = hours.next_revision(_place(use, line, piece))
        else:
            return
    raise Unrecorded(use.id)


def _carried_forward(piece: Piece) -> Piece:
    now = calendar.hour_of(clock.seconds())
    return replace(piece, hour=now, carried_from=piece.carried_from or piece.hour)


@db.when_contended
def _write(use: Use, piece: Piece, revisions: Mapping[str, int]) -> None:
    segment = _segment(use, piece)
    with db.transaction() as write:
        write.save("segment", segment, condition=Segment.use_id.does_not_exist())
        if piece.amount:
            for entry in _entries(segment):
                write.save(f"entry {entry.side}", entry, condition=Entry.book.does_not_exist())
        _move(write, use, piece, segment.seq)
        _add_to_month(write, segment)
        for line in piece.lines:
            for reader_id in sorted({segment.account_id, segment.payer_id}):
                _add_to_day(write, reader_id, segment, line, piece.seconds)
            if line.billable:
                place, revision = _place(use, line, piece), revisions.get(line.meter, 0)
                added = hours.Addition(place, revision, line.billable, line.amount)
                hours.add(write, f"hour {line.meter}", added)


def _place(use: Use, line: Line, piece: Piece) -> hours.Place:
    return hours.Place(use.payer_id, use.account_id, line.meter, piece.hour)


def _segment(use: Use, piece: Piece) -> Segment:
    return Segment(
        use.id,
        use.seq + 1,
        account_id=use.account_id,
        payer_id=use.payer_id,
        resource_id=use.resource_id,
        kind=use.kind,
        name=use.name,
        size=use.size,
        start=piece.start,
        end=piece.end,
        sign=piece.sign,
        hour=piece.hour,
        carried_from=piece.carried_from,
        plan=piece.plan,
        units=dict(piece.units),
        included=dict(piece.included),
        prices={meter: str(rate.price_usd) for meter, rate in piece.rates.items()},
        per={meter: rate.per for meter, rate in piece.rates.items()},
        amount=piece.amount,
        note=piece.note,
    )


def _entries(segment: Segment) -> list[Entry]:
    book = f"{segment.payer_id}:{calendar.month_of(segment.hour)}"
    sides = {"receivable": segment.amount, "income": -segment.amount}
    return [
        Entry(
            book,
            f"{segment.use_id}:{segment.seq:08d}:{side}",
            side=side,
            amount=amount,
            use_id=segment.use_id,
            seq=segment.seq,
        )
        for side, amount in sides.items()
    ]


def _move(write: db.Writes, use: Use, piece: Piece, seq: int) -> None:
    before, after = (piece.start, piece.end) if piece.sign > 0 else (piece.end, piece.start)
    actions: list[db.Action] = [
        Use.metered_until.set(after),
        Use.seq.set(seq),
        Use.amount.add(piece.amount),
    ]
    if piece.after is not None:
        actions += [
            Use.plan.set(piece.after.plan),
            Use.units.set(dict(piece.after.units)),
            Use.included.set(dict(piece.after.included)),
        ]
    if piece.byte_seconds is not None:
        actions.append(Use.byte_seconds.set(piece.byte_seconds))
    if use.ended_at == after:
        actions += NOT_OPEN
    is_there = (Use.metered_until == before) & (Use.seq == use.seq)
    ends_there = (
        Use.ended_at.does_not_exist() if use.ended_at is None else Use.ended_at == use.ended_at
    )
    write.update("use", use, actions, condition=is_there & ends_there)


def _add_to_month(write: db.Writes, segment: Segment) -> None:
    month = UsageMonth(segment.payer_id, calendar.month_of(segment.hour))
    write.update(
        "month",
        month,
        [UsageMonth.amount.add(segment.amount), UsageMonth.open_shard.set(months.OPEN)],
        condition=UsageMonth.closed_at.does_not_exist(),
    )


def _add_to_day(
    write: db.Writes, reader_id: str, segment: Segment, line: Line, seconds: int
) -> None:
    date = calendar.date_of(segment.hour)
    slot = f"{date}#{segment.resource_id}#{line.meter}#{segment.payer_id}"
    write.update(
        f"day {line.meter} of {reader_id}",
        UsageDay(reader_id, slot),
        [
            UsageDay.account_id.set(segment.account_id),
            UsageDay.payer_id.set(segment.payer_id),
            UsageDay.resource_id.set(segment.resource_id),
            UsageDay.kind.set(segment.kind),
            UsageDay.name.set(segment.name),
            UsageDay.meter.set(line.meter),
            UsageDay.seconds.add(seconds),
            UsageDay.quantity.add(line.quantity),
            UsageDay.included.add(line.included),
            UsageDay.amount.add(line.amount),
        ],
    )
