"""The sum of all segments is the provider's truth, and reaches the invoice exactly once."""

import os

import pytest

from tests.histories import make_up
from tests.unit.billing.bugs import BUGS, Bug
from tests.unit.billing.histories import Histories

EXAMPLES = int(os.environ.get("EXAMPLES", "200"))
"""Histories that are tried. A longer run: `make soak EXAMPLES=100000`."""
ENOUGH_FOR_A_BUG = 200
"""As many as are tried here; of seeds that were tried, the hardest to find took 83."""
STEPS = 20
"""The most steps of a history."""
PARTS = 2
"""Tests that the histories are shared among: processes of the test run can take them in turns."""


@pytest.mark.timeout(0)
@pytest.mark.parametrize("seed", range(PARTS))
def test_any_history_is_billed_to_the_second(seed: int) -> None:
    make_up(Histories, examples=EXAMPLES // PARTS, steps=STEPS, seed=seed)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_each_mistake_that_has_lost_money_elsewhere_is_found(
    bug: Bug, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)

    with pytest.raises((AssertionError, ExceptionGroup)):
        make_up(Histories, examples=ENOUGH_FOR_A_BUG, steps=STEPS, seed=1)
