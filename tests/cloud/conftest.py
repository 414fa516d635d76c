"""What the tests in here share beside the one cloud of all."""

from collections.abc import Iterator

import pytest

from localcloud.testing import LocalCloud, running


@pytest.fixture(scope="package")
def far_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A cloud for tests that move its clock far ahead, each with a person of its own; in a region
    that is no default."""
    place = tmp_path_factory.mktemp("far")
    with running(place, deploy=True, region="eu-central-1") as started:
        yield started
