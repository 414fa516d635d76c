"""Tables and buckets in this process, and a way to them that can lose answers."""

from collections.abc import Iterator

import pytest

from chalicelib.core import sweeps
from tests.lost_answers import Wire, network


@pytest.fixture(autouse=True)
def one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sweeps do one item at a time: what a test makes happen at a request, happens there."""
    monkeypatch.setattr(sweeps, "AT_ONCE", 1)


@pytest.fixture
def wire() -> Iterator[Wire]:
    """The way of every request."""
    with network() as there:
        yield there
