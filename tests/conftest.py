"""What holds for every test: none reaches the real AWS, and none depends on the machine's speed.

This comes before any import of the application, whose tables get their names from the stage then.
"""

import os
import signal
import sys
from collections.abc import Iterator

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has no types

from localcloud.testing import LocalCloud, running
from tests.people import Person

# A developer's own settings must not be found by a client or a cloud that a test makes.
for name in [name for name in os.environ if name.startswith(("AWS_", "GITHUB_", "STRIPE_"))]:
    del os.environ[name]
os.environ |= {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "RAMON_STAGE": "local",
}

# A shell's background job ignores Ctrl-C, and so would every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")


ALONE = (
    "tests/unit/billing/test_every_second_once.py",
    "tests/unit/clusters/test_nothing_is_left_over.py",
)
"""Files of tests that take long by themselves: waiting, or computing."""

TOGETHER = {
    ("tests/browser/",): "the deployed cloud that a browser looks at",
    ("tests/cloud/clusters/",): "the deployed cloud that boots clusters",
    ("tests/cloud/", "tests/functional/"): "the deployed cloud",
    ("tests/unit/gateway/",): "the gateway",
    ("tests/unit/ops/",): "the package",
}
"""Folders of tests that share what takes long to make, and what that is; the first that fits."""


class Rooms(LoadScopeScheduling):  # type: ignore[misc]  # as above
    """Shares the tests out among processes: file by file, but for those above.

    In the order of their names: the longest come first in that.
    """

    def _split_scope(self, nodeid: str) -> str:
        """The room of a test: what one process runs, one after the other."""
        if nodeid.startswith(ALONE):
            return nodeid
        for folders, shared in TOGETHER.items():
            if nodeid.startswith(folders):
                return shared
        return nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Rooms:
    """Asked with `--numprocesses`, as `make test` says."""
    config.option.loadscopereorder = False
    return Rooms(config, log)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Say at once what has failed in another process; pytest says all of it in the end."""
    if report.failed and hasattr(report, "node"):
        said = [line for line in report.longreprtext.splitlines() if line.startswith("E ")]
        line = " ".join([report.nodeid, f"failed ({report.when})", *said[:1]])
        sys.stdout.write(f"\n{line}\n")


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """The whole service on this machine, deployed into the stand-in with IAM enforced."""
    with running(tmp_path_factory.mktemp("cloud"), deploy=True) as started:
        # In a month's last half hour nobody can subscribe.
        started.leave_months_end(hours=1)
        yield started


@pytest.fixture(scope="session")
def ada(cloud: LocalCloud) -> Iterator[Person]:
    """Somebody who is signed in, on the plan with the most notebooks at once."""
    with Person(cloud, "ada") as person:
        person.subscribe("lab")
        yield person


@pytest.fixture(scope="session")
def grace(cloud: LocalCloud) -> Iterator[Person]:
    """Somebody else who is signed in, on that plan too."""
    with Person(cloud, "grace") as person:
        person.subscribe("lab")
        yield person
