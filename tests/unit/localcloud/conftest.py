"""One running local cloud for all tests that need no other, and images to run in it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.testing import LocalCloud, running

IMAGES: dict[str, dict[str, Any]] = {
    "python": {"path": [str(Path(sys.executable).parent)], "environment": {"FROM_IMAGE": "yes"}}
}


@pytest.fixture(scope="session")
def images() -> dict[str, dict[str, Any]]:
    """An image `python` with this interpreter."""
    return IMAGES


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A running local cloud without a deployed stack."""
    with running(tmp_path_factory.mktemp("cloud"), images=IMAGES) as started:
        yield started
