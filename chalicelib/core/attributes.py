"""Attributes of models, typed as what they hold: PynamoDB's own leave out that one may be None.

A `Maybe…` attribute may be absent; it reads as None then.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.constants import NUMBER, STRING

_YEAR_9999 = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp() * 1000)
"""In milliseconds; Python knows no year 10000."""


class Text(Attribute[str]):
    """Text."""

    attr_type = STRING


class MaybeText(Attribute[str | None]):
    """Text, or nothing."""

    attr_type = STRING
    null = True


class Integer(Attribute[int]):
    """A whole number."""

    attr_type = NUMBER

    def serialize(self, value: int) -> str:
        """Decimal text, as DynamoDB takes it."""
        return str(int(value))

    def deserialize(self, value: str) -> int:
        """The number."""
        return int(value)


class MaybeInteger(Attribute[int | None]):
    """A whole number, or nothing."""

    attr_type = NUMBER
    null = True

    def serialize(self, value: Any) -> str:
        """Decimal text, as DynamoDB takes it."""
        return str(int(value))

    def deserialize(self, value: str) -> int:
        """The number."""
        return int(value)


class Expiry(Integer):
    """The second since 1970 at which DynamoDB may forget the item: its table's time to live."""


class MaybeExpiry(MaybeInteger):
    """The same, or nothing: such an item stays."""


class Money(Attribute[Decimal]):
    """Dollars, exactly: DynamoDB keeps 38 decimal digits, and adds without rounding."""

    attr_type = NUMBER

    def serialize(self, value: Decimal) -> str:
        """Decimal text without an exponent."""
        return f"{value:f}"

    def deserialize(self, value: str) -> Decimal:
        """The amount."""
        return Decimal(value)


class MaybeMoney(Attribute[Decimal | None]):
    """Dollars, or nothing."""

    attr_type = NUMBER
    null = True

    def serialize(self, value: Any) -> str:
        """Decimal text without an exponent."""
        return f"{value:f}"

    def deserialize(self, value: str) -> Decimal:
        """The amount."""
        return Decimal(value)


class Instant(Attribute[datetime]):
    """A moment to the millisecond, stored as a number of milliseconds since 1970 (UTC)."""

    attr_type = NUMBER

    def serialize(self, value: datetime) -> str:
        """Milliseconds, as decimal text. Raises `ValueError` for a time without a zone."""
        return _millis(value)

    def deserialize(self, value: str) -> datetime:
        """The moment, in UTC."""
        return _moment(value)


class MaybeInstant(Attribute[datetime | None]):
    """A moment, or nothing."""

    attr_type = NUMBER
    null = True

    def serialize(self, value: Any) -> str:
        """Milliseconds, as decimal text. Raises `ValueError` for a time without a zone."""
        return _millis(value)

    def deserialize(self, value: str) -> datetime:
        """The moment, in UTC."""
        return _moment(value)


def _millis(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    millis = round(value.timestamp() * 1000)
    # What is written must be readable: a row that can't be read stops whoever lists it.
    if not 0 <= millis < _YEAR_9999:
        raise ValueError("a moment must be between the years 1970 and 9998")
    return str(millis)


def _moment(value: str) -> datetime:
    return datetime.fromtimestamp(int(value) / 1000, UTC)
