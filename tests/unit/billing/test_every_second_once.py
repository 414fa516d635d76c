"""The sum of all segments is the provider's truth, and reaches the invoice exactly once."""

import logging
import os

import pytest
from hypothesis import HealthCheck, Phase, core, settings
from hypothesis.stateful import run_state_machine_as_test

from localcloud.tables import tables
from tests.unit.billing.bugs import BUGS, Bug
from tests.unit.billing.histories import Histories

EXAMPLES = int(os.environ.get("EXAMPLES", "2000"))
"""Histories that are tried, of up to 20 steps. A longer run: `make soak EXAMPLES=100000`."""
ENOUGH_FOR_A_BUG = 1000
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
                    stateful_step_count=20,
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
def test_any_history_is_billed_to_the_second(seed: int) -> None:
    _try(EXAMPLES // PARTS, seed)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_each_mistake_that_has_lost_money_elsewhere_is_found(
    bug: Bug, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)

    with pytest.raises((AssertionError, ExceptionGroup)):
        _try(ENOUGH_FOR_A_BUG, seed=1)
