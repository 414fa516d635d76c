"""Does everything agree: segments, ledger, hours, Stripe's sums, invoice lines?

    runs ─ segments ─ ledger entries ─ hours ─ Stripe's sums ─ invoice lines

Each link compares two records of the same use; beside the chain, a subscription must have a price
for whatever is used in the present month. What differs is a finding; whoever runs this says it
loudly. An hour whose sum at Stripe lacks a message that was sent a day ago is sent anew
(`outbox.settle_by_summary`); nothing else is changed.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from chalicelib.billing import (
    calendar,
    ledger,
    limits,
    outbox,
    runs,
    stripe_gateway,
    stripe_subscriptions,
)
from chalicelib.billing.catalogue import METERS
from chalicelib.billing.models import Entry, MeterHour, Run, Segment, UsageMonth
from chalicelib.billing.outbox import HourState
from chalicelib.core import clock

_SETTLED_AFTER = calendar.HOUR
"""Seconds after a message was accepted from which Stripe's sums must have it."""


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


@dataclass(frozen=True, slots=True)
class Report:
    """An account's month: the sum of every record along the chain, and what does not agree."""

    account_id: str
    month: str
    totals: list[Total]
    findings: list[Finding]


def recent_months() -> list[str]:
    """The months that may still change: the last one and the present one."""
    present = calendar.month_of(clock.seconds())
    return [calendar.month_of(calendar.month_start(present) - 1), present]


def accounts_of(month: str) -> list[str]:
    """The accounts that used something in a month."""
    return sorted(row.account_id for row in UsageMonth.scan(UsageMonth.month == month))


def runs_of(account_id: str, month: str) -> list[Run]:
    """Everything that has segments in an account's month."""
    return _Books(account_id, month).runs


def account(account_id: str, month: str) -> Report:
    """Hold an account's month together."""
    books = _Books(account_id, month)
    findings = [finding for link in _LINKS for finding in link(books)]
    return Report(account_id, month, _totals(books), findings)


class _Books:
    """Every record of an account's month, each read once, when it is asked for."""

    def __init__(self, account_id: str, month: str) -> None:
        self.account_id, self.month = account_id, month
        self.start, self.end = calendar.month_start(month), calendar.month_end(month)
        payer = limits.read(account_id)
        self.customer_id, self.subscription_id = payer.customer_id, payer.subscription_id

    @cached_property
    def segments(self) -> list[Segment]:
        billed = Segment.hour.between(self.start, self.end - 1)
        return list(Segment.by_account.query(self.account_id, billed))

    @cached_property
    def runs(self) -> list[Run]:
        return list(runs.by_ids({segment.run_id for segment in self.segments}).values())

    @cached_property
    def entries(self) -> list[Entry]:
        book = f"{self.account_id}:{self.month}"
        return list(Entry.query(book, consistent_read=True))

    @cached_property
    def hours(self) -> list[MeterHour]:
        return [
            row for meter in METERS for row in outbox.of_month(self.account_id, meter, self.month)
        ]

    @cached_property
    def summed(self) -> dict[tuple[str, int], int]:
        """Stripe's sums, by meter and hour."""
        if self.customer_id is None:
            return {}
        return {
            (meter.id, hour): total
            for meter in METERS.values()
            for hour, total in stripe_gateway.usage_by_hour(
                self.customer_id, meter.event_name, self.start, self.end
            ).items()
        }

    @cached_property
    def invoiced(self) -> dict[str, int] | None:
        """What the month's invoice charges, by meter; None while there is none."""
        if self.customer_id is None:
            return None
        return stripe_gateway.invoiced_quantities(self.customer_id, self.end)

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
        return sum((segment.amount for segment in self.segments), Decimal(0))


def _runs_and_segments(books: _Books) -> Iterator[Finding]:
    """The segments of a run add up to its time, one after the other."""
    for run in books.runs:
        segments = list(Segment.query(run.id, consistent_read=True))
        seconds = sum(segment.sign * (segment.end - segment.start) for segment in segments)
        if seconds != run.metered_until - run.started_at:
            length = run.metered_until - run.started_at
            yield Finding("runs ─ segments", run.id, f"{length} s, but segments of {seconds} s")
        if [segment.seq for segment in segments] != list(range(1, (run.seq or 0) + 1)):
            yield Finding("runs ─ segments", run.id, "a segment is missing")


def _segments_and_ledger(books: _Books) -> Iterator[Finding]:
    link = "segments ─ ledger"
    receivable = sum((e.amount for e in books.entries if e.side == "receivable"), Decimal(0))
    balance = sum((entry.amount for entry in books.entries), Decimal(0))
    if receivable != books.amount:
        yield Finding(link, books.month, f"segments ${books.amount}, ledger ${receivable}")
    if balance:
        yield Finding(link, books.month, f"the two sides differ by ${balance}")
    rows = UsageMonth.query(books.account_id, UsageMonth.month == books.month, consistent_read=True)
    counted = sum((row.amount for row in rows), Decimal(0))
    if counted != books.amount:
        yield Finding(link, books.month, f"segments ${books.amount}, balance ${counted}")


def _segments_and_hours(books: _Books) -> Iterator[Finding]:
    counted: Counter[tuple[str, int]] = Counter()
    for row in books.hours:
        counted[row.meter, row.hour] += row.quantity
    for meter, hour in sorted(counted.keys() | books.billed.keys()):
        told, used = counted[meter, hour], books.billed[meter, hour]
        if told != used:
            name = f"{meter} {calendar.hour_name(hour)}"
            yield Finding("segments ─ hours", name, f"segments {used}, hours {told}")


def _hours_and_sums(books: _Books) -> Iterator[Finding]:
    """What Stripe accepted is in its sums, and nothing else is."""
    accepted: Counter[tuple[str, int]] = Counter()
    fresh: set[tuple[str, int]] = set()
    for row in books.hours:
        if row.state == HourState.REJECTED:
            yield Finding("hours ─ Stripe's sums", f"{row.meter} {row.slot}", f"{row.outcome}")
        if row.state == HourState.ACCEPTED:
            accepted[row.meter, row.hour] += row.quantity
        if _may_not_count_yet(row):
            fresh.add((row.meter, row.hour))
    for meter, hour in sorted((accepted.keys() | books.summed.keys()) - fresh):
        told, summed = accepted[meter, hour], books.summed.get((meter, hour), 0)
        if told != summed:
            name = f"{meter} {calendar.hour_name(hour)}"
            yield Finding("hours ─ Stripe's sums", name, f"hours {told}, Stripe {summed}")
            outbox.settle_by_summary(books.account_id, meter, hour)


def _may_not_count_yet(row: MeterHour) -> bool:
    if row.state == HourState.SEALED:
        return True
    return clock.seconds() - (row.settled_at or 0) < _SETTLED_AFTER


def _hours_and_subscription(books: _Books) -> Iterator[Finding]:
    """What Stripe is told of will be on the invoice, which has what the subscription has."""
    if books.subscription_id is None or clock.seconds() >= books.end:
        return
    sold = stripe_subscriptions.meters_of(books.subscription_id)
    for meter in sorted(_by_meter(books.billed).keys() - sold):
        message = "it is used, but the subscription has no price for it: run ops.stripe_setup"
        yield Finding("hours ─ subscription", f"{meter} {books.month}", message)


def _sums_and_invoice(books: _Books) -> Iterator[Finding]:
    if books.invoiced is None:
        return
    summed = _by_meter(books.summed)
    for meter in METERS:
        charged, counted = books.invoiced.get(meter, 0), summed.get(meter, 0)
        if charged != counted:
            message = f"Stripe's sums {counted}, the invoice {charged}"
            yield Finding("Stripe's sums ─ invoice", f"{meter} {books.month}", message)


def _by_meter(counted: dict[tuple[str, int], int] | Counter[tuple[str, int]]) -> dict[str, int]:
    by_meter: dict[str, int] = defaultdict(int)
    for (meter, _), count in counted.items():
        by_meter[meter] += count
    return {meter: count for meter, count in by_meter.items() if count}


_LINKS: tuple[Callable[[_Books], Iterator[Finding]], ...] = (
    _runs_and_segments,
    _segments_and_ledger,
    _segments_and_hours,
    _hours_and_sums,
    _hours_and_subscription,
    _sums_and_invoice,
)


def _totals(books: _Books) -> list[Total]:
    receivable = sum((e.amount for e in books.entries if e.side == "receivable"), Decimal(0))
    told = Counter[str]()
    for row in books.hours:
        told[row.meter] += row.quantity
    return [
        Total("segments", books.amount, _by_meter(books.billed)),
        Total("ledger", receivable, {}),
        Total("hours", sum((row.amount for row in books.hours), Decimal(0)), _nonzero(told)),
        Total("Stripe's sums", None, _by_meter(books.summed)),
        Total("invoice", None, _nonzero(Counter(books.invoiced or {}))),
    ]


def _nonzero(counted: Counter[str]) -> dict[str, int]:
    return {meter: count for meter, count in counted.items() if count}
