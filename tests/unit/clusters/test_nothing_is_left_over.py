"""Property: no order of events, losses and crashes leaves anything behind, or bills it wrongly."""

import logging
import os

import pytest
from hypothesis import HealthCheck, Phase, core, settings
from hypothesis.stateful import run_state_machine_as_test

from localcloud.tables import tables
from tests.unit.clusters.bugs import BUGS, Bug
from tests.unit.clusters.histories import Histories

EXAMPLES = int(os.environ.get("EXAMPLES", "80"))
"""Histories that are tried, of up to 25 steps. A longer run: EXAMPLES=20000."""
ENOUGH_FOR_A_BUG = 60
PARTS = 2
"""Tests that the histories are shared among: processes of the test run can take them in turns."""


def _try(examples: int, seed: int) -> None:
    """Make up this many histories; the same seed makes the same ones."""
    logging.disable(logging.CRITICAL)
    setattr(core, "global_force_seed", seed)  # noqa: B010  as --hypothesis-seed does
    try:
        with tables(weighs=False) as Histories.dynamodb:
            run_state_machine_as_test(
                Histories,
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=25,
                    deadline=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                    database=None,
                    derandomize=False,
                ),
            )
    finally:
        setattr(core, "global_force_seed", None)  # noqa: B010  as above
        logging.disable(logging.NOTSET)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("seed", range(PARTS))
def test_no_history_leaves_anything_behind_or_bills_it_wrongly(seed: int) -> None:
    _try(EXAMPLES // PARTS, seed)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_each_mistake_that_would_leave_something_behind_is_found(
    bug: Bug, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)

    with pytest.raises((AssertionError, ExceptionGroup)):
        _try(ENOUGH_FOR_A_BUG, seed=1)
