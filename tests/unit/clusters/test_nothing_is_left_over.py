"""Property: no order of events, losses and crashes leaves anything behind, or bills it wrongly."""

import logging
import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from localcloud.tables import tables
from tests.unit.clusters.histories import Histories

EXAMPLES = int(os.environ.get("EXAMPLES", "120"))
"""Histories that are tried, of up to 25 steps. A longer run: EXAMPLES=20000."""


@pytest.mark.timeout(0)
def test_no_history_leaves_anything_behind_or_bills_it_wrongly() -> None:
    logging.disable(logging.CRITICAL)
    try:
        with tables(weighs=False) as Histories.dynamodb:
            run_state_machine_as_test(
                Histories,
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=25,
                    deadline=None,
                    # Shrinking would replay hundreds of histories, for minutes.
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                    database=None,
                ),
            )
    finally:
        logging.disable(logging.NOTSET)
