"""The only place that tells the time. All times are UTC.

Everything is told from `time.time_ns`, so that a computer with another clock (the stand-in's, when
it is moved a month ahead) moves all of it at once.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import overload

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MILLIS = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)
_LAST_MILLIS = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


def now() -> datetime:
    """The present moment, with a time zone (UTC)."""
    return _EPOCH + timedelta(microseconds=time.time_ns() // 1000)


def seconds() -> int:
    """Whole seconds since 1970-01-01 UTC: what DynamoDB's TTL and our indexes compare."""
    return time.time_ns() // 1_000_000_000


def millis() -> int:
    """Whole milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000


def monotonic() -> float:
    """Seconds of a clock that only runs on: for how long something takes, not for when it was."""
    return time.monotonic()


def wait(length: float) -> None:
    """Do nothing for this many seconds."""
    time.sleep(length)


@overload
def moment(seconds: int) -> datetime: ...
@overload
def moment(seconds: int | None) -> datetime | None: ...
def moment(seconds: int | None) -> datetime | None:
    """A stored number of seconds since 1970-01-01 UTC as a time."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


@overload
def moment_of_millis(millis: int) -> datetime: ...
@overload
def moment_of_millis(millis: int | None) -> datetime | None: ...
def moment_of_millis(millis: int | None) -> datetime | None:
    """A stored number of milliseconds since 1970-01-01 UTC as a time.

    One that no calendar knows, as a file's may be, is the first or the last that one knows.
    """
    if millis is None:
        return None
    return _EPOCH + timedelta(milliseconds=min(max(millis, _FIRST_MILLIS), _LAST_MILLIS))


def second_of(moment: datetime) -> int:
    """A time as whole seconds since 1970-01-01 UTC, rounded down."""
    return int(moment.timestamp())


def millis_of(moment: datetime) -> int:
    """A time as milliseconds since 1970-01-01 UTC."""
    return round(moment.timestamp() * 1000)
