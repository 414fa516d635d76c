"""Sizes, money and times are understood as people write them, and nonsense says what would do."""

# The library is checked with Dask beside it, where it is installed.
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramon import _quantities as quantities
from ramon.errors import InvalidValue


@pytest.mark.parametrize(
    ("said", "gib"),
    [
        ("8 GiB", 8),
        ("8GiB", 8),
        ("8 gib", 8),
        ("8G", 8),
        ("8", 8),
        (8, 8),
        (8.0, 8),
        (Decimal(8), 8),
        ("8 GB", 8),
        ("16 GB", 15),
        ("512 MiB", 1),
        ("1.5 GiB", 2),
        ("0.5 TiB", 512),
    ],
)
def test_memory_is_whole_gib_and_never_less_than_asked(said: Any, gib: int) -> None:
    assert quantities.memory_gib(said) == gib


@pytest.mark.parametrize("said", ["much", "8 apples", "-8 GiB", 0, "0 GiB", "", "8 GiB each", True])
def test_what_is_no_memory_is_refused_with_an_example(said: Any) -> None:
    with pytest.raises(InvalidValue, match=r"memory=.*8 GiB"):
        quantities.memory_gib(said)


@pytest.mark.parametrize("said", ["$5", "$5.00", "5", "5 USD", "5 dollars", "$ 5", 5, 5.0])
def test_money_is_dollars_however_they_are_written(said: Any) -> None:
    assert quantities.dollars(said) == Decimal(5)


def test_no_budget_is_no_budget() -> None:
    assert quantities.dollars(None) is None


@pytest.mark.parametrize("said", ["€5", "five", "", "$", 0, -5, "$-5", float("nan"), True])
def test_what_is_no_amount_is_refused_with_an_example(said: Any) -> None:
    with pytest.raises(InvalidValue, match=r"budget=.*\$5"):
        quantities.dollars(said)


@given(st.decimals(min_value="0.01", max_value="100000", places=2))
def test_money_is_kept_to_the_cent(amount: Decimal) -> None:
    assert quantities.dollars(f"${amount}") == amount
    assert quantities.dollars(amount) == amount


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("20 minutes", 1200),
        ("20 min", 1200),
        ("1 hour", 3600),
        ("1 h 30 min", 5400),
        ("1 hour and 30 minutes", 5400),
        ("90s", 90),
        ("1.5 hours", 5400),
        ("2 days", 172800),
        (1200, 1200),
        (0.5, 0.5),
        ("30", 30),
        (timedelta(minutes=3), 180),
    ],
)
def test_times_are_seconds(said: Any, seconds: float) -> None:
    assert quantities.seconds(said, "timeout") == seconds


@pytest.mark.parametrize("said", ["soon", "20 minuets", "", -1, timedelta(seconds=-1), "minutes"])
def test_what_is_no_time_is_refused(said: Any) -> None:
    with pytest.raises(InvalidValue, match="timeout="):
        quantities.seconds(said, "timeout")


@pytest.mark.parametrize(("said", "minutes"), [("20 minutes", 20), (61, 2), (0, 1), ("1 h", 60)])
def test_idle_times_are_whole_minutes(said: Any, minutes: int) -> None:
    assert quantities.idle_minutes(said) == minutes


@pytest.mark.parametrize("said", [-1, 1.5, True, "4", float("nan")])
def test_numbers_of_workers_are_whole(said: Any) -> None:
    with pytest.raises(InvalidValue, match="n_workers="):
        quantities.count(said, "n_workers")
    assert quantities.count(4.0, "n_workers") == 4
