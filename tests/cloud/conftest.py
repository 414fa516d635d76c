"""What the tests in here share beside the one cloud of all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.testing import LocalCloud, running


@pytest.fixture
def far_cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    """A cloud of its own, because its clock is moved far ahead; in a region that is no default."""
    with running(tmp_path, deploy=True, region="eu-central-1") as started:
        yield started
