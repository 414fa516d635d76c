"""Budgets: what is too small, and how amounts are told."""

from decimal import Decimal

import pytest

from chalicelib.clusters import spending
from chalicelib.core.errors import Invalid

HOUR = Decimal("0.60")
"""A worker's price an hour: a cent a minute."""


def test_a_budget_for_less_than_a_minute_is_refused_with_the_least_that_would_do() -> None:
    with pytest.raises(Invalid, match=r"\$0\.08") as caught:
        spending.require_budget(Decimal("0.07"), 8, HOUR)

    assert caught.value.code == "budget_too_small"
    assert caught.value.details["least_usd"] == "0.08"


@pytest.mark.parametrize("budget", ["0.08", "5"])
def test_a_budget_for_a_minute_or_more_will_do(budget: str) -> None:
    spending.require_budget(Decimal(budget), 8, HOUR)


def test_no_budget_is_no_limit() -> None:
    spending.require_budget(None, 1000, HOUR)


@pytest.mark.parametrize(
    ("amount", "told"), [("5", "5.00"), ("0.10", "0.10"), ("0.0040", "0.004"), ("100", "100.00")]
)
def test_amounts_are_told_to_the_cent_or_as_precisely_as_they_were_given(
    amount: str, told: str
) -> None:
    assert spending.dollars(Decimal(amount)) == told
