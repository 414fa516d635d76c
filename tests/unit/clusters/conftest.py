"""What tests of clusters share."""

from collections.abc import Iterator

import pytest

from tests.unit.notebooks.world import World, worlds


@pytest.fixture
def world() -> Iterator[World]:
    with worlds() as made:
        yield made
