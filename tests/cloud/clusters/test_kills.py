"""Whatever is killed at whatever moment, nothing is left over that anybody would pay for.

`KILLS=200 .venv/bin/pytest tests/cloud/clusters/test_kills.py` kills more often than `make test`
does; `SEED=…` makes other choices, and `--log-cli-level=INFO` tells of them.
"""

import os

import pytest

from localcloud.testing import LocalCloud
from tests.cloud.clusters.kills import CLEAN_SECONDS, Chaos
from tests.people import Person

KILLS = int(os.environ.get("KILLS", "5"))
SEED = int(os.environ.get("SEED", "4"))


@pytest.mark.timeout(KILLS * CLEAN_SECONDS)
def test_the_doctor_finds_no_orphan_after_kills_at_random(cloud: LocalCloud, ada: Person) -> None:
    chaos = Chaos(cloud, ada, SEED)

    chaos.kill(KILLS)

    chaos.end()
