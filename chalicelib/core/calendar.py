"""Hours, days and months of UTC, over whole seconds since 1970-01-01.

Everything is billed by the UTC hour and by the UTC calendar month, so that no boundary of one ever
falls inside the other.
"""

from datetime import UTC, datetime

HOUR = 3600
DAY = 24 * HOUR


def hour_of(second: int) -> int:
    """The start of the hour that a second is in."""
    return second - second % HOUR


def hour_name(second: int) -> str:
    """The hour that a second is in: `2026-11-23T05`."""
    return _at(second).strftime("%Y-%m-%dT%H")


def hour_named(name: str) -> int:
    """The start of the hour of this name. Raises `ValueError` unless it is one."""
    return int(datetime.strptime(name, "%Y-%m-%dT%H").replace(tzinfo=UTC).timestamp())


def date_of(second: int) -> str:
    """The day that a second is in: `2026-11-23`."""
    return _at(second).strftime("%Y-%m-%d")


def month_of(second: int) -> str:
    """The month that a second is in: `2026-11`."""
    return _at(second).strftime("%Y-%m")


def month_start(month: str) -> int:
    """The first second of a month. Raises `ValueError` unless it is one such as `2026-11`."""
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    if start.strftime("%Y-%m") != month:
        raise ValueError(f"not a month: {month}")
    return int(start.timestamp())


def month_end(month: str) -> int:
    """The first second after a month."""
    start = _at(month_start(month))
    after = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return int(after.timestamp())


def cuts(start: int, end: int, step: int) -> list[tuple[int, int]]:
    """`[start, end)` cut at every multiple of `step` seconds."""
    pieces: list[tuple[int, int]] = []
    while start < end:
        cut = min(end, start - start % step + step)
        pieces.append((start, cut))
        start = cut
    return pieces


def _at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
