"""Does everything that was recorded agree: uses, segments, ledger, hours?

    uses ─ segments ─ ledger entries ─ hours

Each link compares two records of the same use. What differs is a finding; nothing is changed.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from chalicelib.core import calendar
from chalicelib.metering import hours, ledger, uses
from chalicelib.metering.models import Entry, MeterHour, Segment, UsageMonth, Use
from chalicelib.plans.catalogue import METERS


@dataclass(frozen=True, slots=True)
class Finding:
    """A disagreement. `link` names the two records, `subject` what it is about."""

    link: str
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Total:
    """One record's own sum of a month, for people to compare: dollars, or counts by meter."""

    record: str
    amount: Decimal | None
    quantities: dict[str, int]


class Books:
    """Every record of what a payer is charged for in a month, each read once, when asked for."""

    def __init__(self, payer_id: str, month: str) -> None:
        self.payer_id, self.month = payer_id, month
        self.start, self.end = calendar.month_start(month), calendar.month_end(month)

    @cached_property
    def segments(self) -> list[Segment]:
        """What was recorded."""
        billed = Segment.hour.between(self.start, self.end - 1)
        return list(Segment.by_payer.query(self.payer_id, billed))

    @cached_property
    def uses(self) -> list[Use]:
        """What was used."""
        return list(uses.by_ids({segment.use_id for segment in self.segments}).values())

    @cached_property
    def entries(self) -> list[Entry]:
        """Both sides of every booking."""
        book = f"{self.payer_id}:{self.month}"
        return list(Entry.query(book, consistent_read=True))

    @cached_property
    def hours(self) -> list[MeterHour]:
        """What was charged by the hour."""
        return [row for meter in METERS for row in hours.of_month(self.payer_id, meter, self.month)]

    @cached_property
    def billed(self) -> Counter[tuple[str, int]]:
        """What the segments charge, by meter and hour."""
        counted: Counter[tuple[str, int]] = Counter()
        for segment in self.segments:
            for line in ledger.lines_of(segment):
                counted[line.meter, segment.hour] += line.billable
        return counted

    @cached_property
    def amount(self) -> Decimal:
        """What the segments cost, in dollars."""
        return sum((segment.amount for segment in self.segments), Decimal(0))


def uses_of(account_id: str, month: str) -> list[Use]:
    """What an account used in a month, whoever pays for it."""
    billed = Segment.hour.between(calendar.month_start(month), calendar.month_end(month) - 1)
    found = Segment.by_account.query(account_id, billed)
    return list(uses.by_ids({segment.use_id for segment in found}).values())


def findings(books: Books) -> Iterator[Finding]:
    """What does not agree in a payer's month."""
    for link in _LINKS:
        yield from link(books)


def _uses_and_segments(books: Books) -> Iterator[Finding]:
    """The segments of a use add up to its time, one after the other."""
    for use in books.uses:
        segments = list(Segment.query(use.id, consistent_read=True))
        seconds = sum(segment.sign * (segment.end - segment.start) for segment in segments)
        if seconds != use.metered_until - use.started_at:
            length = use.metered_until - use.started_at
            yield Finding("uses ─ segments", use.id, f"{length} s, but segments of {seconds} s")
        if [segment.seq for segment in segments] != list(range(1, (use.seq or 0) + 1)):
            yield Finding("uses ─ segments", use.id, "a segment is missing")


def _segments_and_ledger(books: Books) -> Iterator[Finding]:
    link = "segments ─ ledger"
    receivable = _receivable(books)
    balance = sum((entry.amount for entry in books.entries), Decimal(0))
    if receivable != books.amount:
        yield Finding(link, books.month, f"segments ${books.amount}, ledger ${receivable}")
    if balance:
        yield Finding(link, books.month, f"the two sides differ by ${balance}")
    rows = UsageMonth.query(books.payer_id, UsageMonth.month == books.month, consistent_read=True)
    counted = sum((row.amount for row in rows), Decimal(0))
    if counted != books.amount:
        yield Finding(link, books.month, f"segments ${books.amount}, balance ${counted}")


def _segments_and_hours(books: Books) -> Iterator[Finding]:
    counted: Counter[tuple[str, int]] = Counter()
    for row in books.hours:
        counted[row.meter, row.hour] += row.quantity
    for meter, hour in sorted(counted.keys() | books.billed.keys()):
        told, used = counted[meter, hour], books.billed[meter, hour]
        if told != used:
            name = f"{meter} {calendar.hour_name(hour)}"
            yield Finding("segments ─ hours", name, f"segments {used}, hours {told}")


def by_meter(counted: dict[tuple[str, int], int] | Counter[tuple[str, int]]) -> dict[str, int]:
    """Counts of meters and hours, added up by meter; those that came to zero are left out."""
    by_meter: dict[str, int] = defaultdict(int)
    for (meter, _), count in counted.items():
        by_meter[meter] += count
    return {meter: count for meter, count in by_meter.items() if count}


_LINKS: tuple[Callable[[Books], Iterator[Finding]], ...] = (
    _uses_and_segments,
    _segments_and_ledger,
    _segments_and_hours,
)


def totals(books: Books) -> list[Total]:
    """The sum of every record of a month."""
    told: Counter[tuple[str, int]] = Counter()
    for row in books.hours:
        told[row.meter, row.hour] += row.quantity
    charged = sum((row.amount for row in books.hours), Decimal(0))
    return [
        Total("segments", books.amount, by_meter(books.billed)),
        Total("ledger", _receivable(books), {}),
        Total("hours", charged, by_meter(told)),
    ]


def _receivable(books: Books) -> Decimal:
    return sum((e.amount for e in books.entries if e.side == "receivable"), Decimal(0))
