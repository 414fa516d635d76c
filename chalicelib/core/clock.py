"""The only place that tells the time. All times are UTC."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, with a time zone (UTC)."""
    return datetime.now(UTC)


def seconds() -> int:
    """Whole seconds since 1970-01-01 UTC: what DynamoDB's TTL and our indexes compare."""
    return int(time.time())


def millis() -> int:
    """Whole milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000


def wait(length: float) -> None:
    """Do nothing for this many seconds."""
    time.sleep(length)
