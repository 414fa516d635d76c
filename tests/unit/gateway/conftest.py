"""One gateway and one table of routes for all tests, and a notebook's server for each."""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.unit.gateway.parts import Gateway, Routes, Server, gateway, routes_table

_numbers = count()


@pytest.fixture(scope="session")
def routes() -> Iterator[Routes]:
    """The table of routes."""
    with routes_table() as table:
        yield table


@pytest.fixture(scope="session")
def proxy(routes: Routes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The gateway that reads it."""
    with gateway(routes, tmp_path_factory.mktemp("gateway")) as started:
        yield started


@pytest.fixture
def label() -> str:
    """The host label of a notebook that no other test knows."""
    return f"nb-01k9zv3m4n5p6q7r8s9t{next(_numbers):06d}"


@pytest.fixture
def server() -> Iterator[Server]:
    """A notebook's server, which the test may stop."""
    started = Server("first").start()
    yield started
    started.stop()


@pytest.fixture
def notebook(routes: Routes, server: Server, label: str) -> str:
    """The label of a running notebook, served by `server`."""
    routes.put(label, "running", server.target)
    return label
