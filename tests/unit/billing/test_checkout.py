"""When a subscription's first full month begins, and how long its Checkout page may say so."""

from datetime import UTC, datetime

import pytest

from chalicelib.billing import checkout
from chalicelib.core import clock
from chalicelib.core.errors import Conflict


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("now", "anchor", "expires_at"),
    [
        ("2026-11-23T05:00", "2026-12-01T00:00", None),
        ("2026-12-01T00:00", "2027-01-01T00:00", None),
        ("2026-11-30T00:00:01", "2026-12-01T00:00", "2026-12-01T00:00"),
        ("2026-12-31T23:28", "2027-01-01T00:00", "2027-01-01T00:00"),
        ("2028-02-29T12:00", "2028-03-01T00:00", "2028-03-01T00:00"),
    ],
)
def test_a_page_is_good_no_longer_than_its_month(
    now: str, anchor: str, expires_at: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "seconds", lambda: _seconds(now))

    assert checkout.cycle() == (_seconds(anchor), expires_at and _seconds(expires_at))


def test_in_the_last_half_hour_of_a_month_nobody_can_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "seconds", lambda: _seconds("2026-11-30T23:50"))

    with pytest.raises(Conflict) as refused:
        checkout.cycle()

    assert refused.value.code == "month_ends"
    assert refused.value.details["retry_after"] == 600
