"""Runs a state machine of hypothesis on tables in this process."""

import logging
from typing import Any

from hypothesis import HealthCheck, Phase, core, settings
from hypothesis.stateful import run_state_machine_as_test

from localcloud.tables import tables


def make_up(machine: Any, *, examples: int, steps: int, seed: int) -> None:
    """Make up so many histories of up to so many steps; the same seed makes the same ones.

    `machine` is a `RuleBasedStateMachine` that finds DynamoDB in its `dynamodb`.
    """
    logging.disable(logging.CRITICAL)
    setattr(core, "global_force_seed", seed)  # noqa: B010  as --hypothesis-seed does
    try:
        with tables(weighs=False) as machine.dynamodb:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=steps,
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
