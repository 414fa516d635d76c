"""The sum of all segments is the provider's truth, and reaches the invoice exactly once."""

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from localcloud.tables import Tables, tables
from tests.unit.billing.bugs import BUGS, Bug
from tests.unit.billing.histories import Histories

EXAMPLES = int(os.environ.get("EXAMPLES", "2000"))
"""Histories that are tried, of up to 20 steps. A longer run: `make soak EXAMPLES=100000`."""
ENOUGH_FOR_A_BUG = 1000


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Tables]:
    logging.disable(logging.CRITICAL)
    with tables(weighs=False) as there:
        yield there
    logging.disable(logging.NOTSET)


def _try(dynamodb: Tables, examples: int) -> None:
    class Tried(Histories):
        pass

    Tried.dynamodb = dynamodb
    run_state_machine_as_test(
        Tried,
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
            derandomize=True,
        ),
    )


@pytest.mark.timeout(0)
def test_any_history_is_billed_to_the_second(dynamodb: Tables) -> None:
    _try(dynamodb, EXAMPLES)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_each_mistake_that_has_lost_money_elsewhere_is_found(
    dynamodb: Tables, bug: Bug, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)

    with pytest.raises((AssertionError, ExceptionGroup)):
        _try(dynamodb, ENOUGH_FOR_A_BUG)
