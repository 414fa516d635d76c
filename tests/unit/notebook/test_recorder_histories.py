"""Property: the file has what was saved last, and what its cells put out, once."""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.unit.notebook.notebook_histories import Histories
from tests.unit.notebook.page import Loop
from tests.unit.notebook.parts import Notebook
from tests.unit.notebook.validator import Validator

EXAMPLES = int(os.environ.get("EXAMPLES", "3"))
"""Histories that are tried. For many more: `make soak-recorder MINUTES=30`."""
STEPS = int(os.environ.get("STEPS", "14"))
"""The most steps of a history."""


@pytest.mark.timeout(0)
def test_no_history_loses_outputs_or_changes_what_a_person_saved(
    shared_notebook: Notebook,
) -> None:
    with Loop() as loop, Validator() as validator:
        Histories.notebook, Histories.browser = shared_notebook, shared_notebook.browser()
        Histories.loop, Histories.validator = loop, validator
        run_state_machine_as_test(
            Histories,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )
