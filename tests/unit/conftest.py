"""Tables and buckets in this process, and a way to them that can lose answers."""

from collections.abc import Iterator

import pytest

from tests.lost_answers import Wire, network


@pytest.fixture
def wire() -> Iterator[Wire]:
    """The way of every request."""
    with network() as there:
        yield there
