"""Property: no order of events, losses and crashes leaves anything behind, or bills it wrongly."""

import os

import pytest

from tests.histories import make_up
from tests.unit.clusters.bugs import BUGS, Bug
from tests.unit.clusters.histories import Histories

EXAMPLES = int(os.environ.get("EXAMPLES", "80"))
"""Histories that are tried. A longer run: EXAMPLES=20000."""
ENOUGH_FOR_A_BUG = 60
STEPS = 25
"""The most steps of a history."""
PARTS = 2
"""Tests that the histories are shared among: processes of the test run can take them in turns."""


@pytest.mark.timeout(0)
@pytest.mark.parametrize("seed", range(PARTS))
def test_no_history_leaves_anything_behind_or_bills_it_wrongly(seed: int) -> None:
    make_up(Histories, examples=EXAMPLES // PARTS, steps=STEPS, seed=seed)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_each_mistake_that_would_leave_something_behind_is_found(
    bug: Bug, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)

    with pytest.raises((AssertionError, ExceptionGroup)):
        make_up(Histories, examples=ENOUGH_FOR_A_BUG, steps=STEPS, seed=1)
