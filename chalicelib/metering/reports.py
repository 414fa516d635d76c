"""What an account has used in a month, for people: as plots, and row by row."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.core import calendar, clock, db
from chalicelib.core.errors import Invalid
from chalicelib.metering import ledger
from chalicelib.metering.models import Segment, UsageDay

_FIRST_MONTH = "2026-01"
COLUMNS = (
    "start", "end", "seconds", "kind", "resource_id", "name", "size", "meter", "quantity",
    "included", "billable", "price_usd", "amount_usd", "plan", "note", "account_id", "payer_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month (UTC), `[start, end)` in seconds, as far as it has come."""

    name: str
    start: int
    end: int

    @property
    def dates(self) -> list[str]:
        """Its days until today."""
        until = min(self.end, clock.seconds() + 1)
        return [calendar.date_of(day) for day in range(self.start, until, calendar.DAY)]


def month(name: str | None) -> Month:
    """A month by its name, such as `2026-11`; without one, the present month. Raises `Invalid`."""
    present = calendar.month_of(clock.seconds())
    name = name or present
    try:
        start = calendar.month_start(name)
    except ValueError as error:
        raise _no_month() from error
    if not _FIRST_MONTH <= name <= present:
        raise _no_month()
    return Month(name, start, calendar.month_end(name))


def _no_month() -> Invalid:
    return Invalid(
        "Give a month such as 2026-11, from January 2026 to the present one.", field="month"
    )


def days(reader_id: str, of: Month) -> list[UsageDay]:
    """What an account used, or is charged for: every resource, of every meter, on every day."""
    return list(UsageDay.query(reader_id, UsageDay.slot.startswith(f"{of.name}-")))


def date_of(day: UsageDay) -> str:
    """The day that a sum is of."""
    return day.slot.partition("#")[0]


@dataclass(frozen=True, slots=True)
class Row:
    """What one use used of one meter in one day, on the same terms throughout."""

    start: int
    end: int
    seconds: int
    segment: Segment
    line: ledger.Line


def rows(reader_id: str, of: Month) -> list[Row]:
    """What an account used, or is charged for: a row for every use, day, terms and meter.

    In the order of time.
    """
    groups: dict[tuple[object, ...], list[Segment]] = defaultdict(list)
    for segment in _segments(reader_id, of):
        terms = (segment.sign, segment.plan, segment.note, segment.carried_from is not None)
        groups[segment.use_id, calendar.date_of(segment.start), *terms].append(segment)
    found = [row for group in groups.values() for row in _rows_of(group)]
    return sorted(found, key=lambda row: (row.start, row.segment.use_id, row.line.meter))


def _segments(reader_id: str, of: Month) -> Iterator[Segment]:
    billed = Segment.hour.between(of.start, of.end - 1)
    yield from Segment.by_account.query(reader_id, billed)
    is_others: db.Condition = Segment.account_id != reader_id
    yield from Segment.by_payer.query(reader_id, billed, filter_condition=is_others)


def _rows_of(segments: list[Segment]) -> Iterator[Row]:
    """One row a meter; where storage has changed, one for every amount that was stored."""
    parts: dict[tuple[object, ...], list[tuple[Segment, ledger.Line]]] = defaultdict(list)
    for segment in segments:
        for line in ledger.lines_of(segment):
            units = int(segment.units[line.meter])
            parts[line.meter, units, line.price].append((segment, line))
    return (_row(part) for part in parts.values())


def _row(parts: list[tuple[Segment, ledger.Line]]) -> Row:
    segment, line = parts[0]
    return Row(
        start=min(segment.start for segment, _ in parts),
        end=max(segment.end for segment, _ in parts),
        seconds=sum(segment.sign * (segment.end - segment.start) for segment, _ in parts),
        segment=segment,
        line=ledger.Line(
            line.meter,
            sum(line.quantity for _, line in parts),
            sum(line.included for _, line in parts),
            line.price,
        ),
    )


def as_csv(found: Iterable[Row]) -> str:
    """Rows as CSV (RFC 4180), with a header. Times are UTC, money is dollars to the last digit."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(_cells(row) for row in found)
    return text.getvalue()


def _cells(row: Row) -> list[object]:
    segment, line = row.segment, row.line
    return [
        _time(row.start), _time(row.end), row.seconds, segment.kind, segment.resource_id,
        _harmless(segment.name), segment.size or "", line.meter, line.quantity, line.included,
        line.billable, f"{line.price:f}", f"{line.amount:f}", segment.plan, _note(segment),
        segment.account_id, segment.payer_id,
    ]  # fmt: skip


def _time(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _note(segment: Segment) -> str:
    if segment.carried_from is None:
        return segment.note or ""
    carried = f"carried forward from {calendar.hour_name(segment.carried_from)}"
    return f"{segment.note}; {carried}" if segment.note else carried


def _harmless(name: str) -> str:
    """A name that no spreadsheet takes for a formula (OWASP, "CSV Injection")."""
    return f"'{name}" if name[:1] in "=+-@\t\r" else name
