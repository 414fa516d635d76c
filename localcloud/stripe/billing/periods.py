"""Billing periods: from one anniversary of the anchor to the next."""

import calendar
from datetime import UTC, datetime, timedelta

from localcloud.stripe.parameters import Json

MONTHS = {"month": 1, "year": 12}
DAYS = {"day": 1, "week": 7}


def later(anchor: int, recurring: Json, times: int) -> int:
    """The anchor moved by that many intervals; a month's last days move to the shorter month's."""
    start = datetime.fromtimestamp(anchor, UTC)
    count = recurring["interval_count"] * times
    if recurring["interval"] in DAYS:
        return int((start + timedelta(days=DAYS[recurring["interval"]] * count)).timestamp())
    months = start.year * 12 + start.month - 1 + MONTHS[recurring["interval"]] * count
    year, month = months // 12, months % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())


def end_after(anchor: int, recurring: Json, moment: int) -> int:
    """The first anniversary of the anchor after a moment (both may be before the anchor)."""
    times = 0
    while later(anchor, recurring, times) > moment:
        times -= 1
    while later(anchor, recurring, times) <= moment:
        times += 1
    return later(anchor, recurring, times)


def start_before(anchor: int, recurring: Json, end: int) -> int:
    """The anniversary before `end`, which is one itself: a whole period ago."""
    times = 0
    while later(anchor, recurring, times) >= end:
        times -= 1
    while later(anchor, recurring, times + 1) < end:
        times += 1
    return later(anchor, recurring, times)
