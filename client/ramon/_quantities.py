"""Sizes, money and times as people write them: "8 GiB", "$5", "20 minutes"."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from math import ceil

from ramon.errors import InvalidValue

GIB = 2**30

_BYTES = {
    **dict.fromkeys(("m", "mib"), 2**20),
    **dict.fromkeys(("g", "gib"), 2**30),
    **dict.fromkeys(("t", "tib"), 2**40),
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
}
_SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
}
_NUMBER_AND_UNIT = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)")


def memory_gib(value: str | float | Decimal, name: str = "memory") -> int:
    """Whole GiB, never less than was asked for; a bare number means GiB.

    "8 GiB" and 8 are 8; "8 GB" (7.45 GiB) is 8 too. Raises InvalidValue.
    """
    if isinstance(value, str):
        match = _NUMBER_AND_UNIT.fullmatch(value.strip().lower())
        unit = _BYTES.get(match[2] or "gib") if match else None
        if match is None or unit is None:
            raise InvalidValue(f'{name}={value!r} is not a size. Write it like "8 GiB".')
        amount = Decimal(match[1]) * unit / GIB
    else:
        amount = _decimal(value, name, '"8 GiB"')
    return _at_least_one(amount, name, value)


def dollars(value: str | float | Decimal | None, name: str = "budget") -> Decimal | None:
    """US dollars; None stays None. "$5", "5.00 USD", 5 and Decimal(5) are the same.

    Raises InvalidValue for what is no amount, other currencies, and amounts that aren't positive.
    """
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, str):
        text = re.sub(r"^\$\s*|\s*(usd|dollars?)$", "", text, flags=re.IGNORECASE)
    amount = _decimal(text, name, '"$5"', said=value)
    if amount <= 0:
        raise InvalidValue(f'{name}={value!r} must be more than nothing, like "$5".')
    return amount


def seconds(value: str | float | timedelta, name: str) -> float:
    """Seconds of "20 minutes", "1 h 30 min", a timedelta or a number of seconds.

    Raises InvalidValue for what is no time, and for negative ones.
    """
    if isinstance(value, timedelta):
        amount = value.total_seconds()
    elif isinstance(value, str):
        amount = _spelled(value, name)
    else:
        amount = float(_decimal(value, name, '"20 minutes"'))
    if amount < 0:
        raise InvalidValue(f"{name}={value!r} must not be negative.")
    return amount


def idle_minutes(value: str | float | timedelta) -> int:
    """Whole minutes of an idle time, at least one. Raises InvalidValue."""
    return max(1, ceil(seconds(value, "idle_timeout") / 60))


def count(value: float, name: str, *, least: int = 0) -> int:
    """A whole number that is at least `least`. Raises InvalidValue."""
    if not _is_whole(value) or value < least:
        raise InvalidValue(f"{name}={value!r} must be a whole number, {least} or more.")
    return int(value)


def _is_whole(value: object) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _spelled(text: str, name: str) -> float:
    lowered = text.strip().lower()
    parts = _NUMBER_AND_UNIT.findall(lowered)
    rest = _NUMBER_AND_UNIT.sub("", lowered).replace("and", "").strip(" ,")
    if not parts or rest or any(unit and unit not in _SECONDS for _, unit in parts):
        raise InvalidValue(f'{name}={text!r} is not a time. Write it like "20 minutes".')
    return sum(float(number) * _SECONDS[unit or "s"] for number, unit in parts)


def _decimal(value: object, name: str, example: str, said: object = None) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("nan")
    if isinstance(value, bool) or not amount.is_finite():
        shown = value if said is None else said
        raise InvalidValue(f"{name}={shown!r} can't be read. Write it like {example}.")
    return amount


def _at_least_one(amount: Decimal, name: str, said: object) -> int:
    if amount <= 0:
        raise InvalidValue(f'{name}={said!r} must be more than nothing, like "8 GiB".')
    return ceil(amount)
