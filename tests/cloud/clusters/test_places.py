"""When AWS has no place for more: a clear message, a place in line, and nothing left over."""

import pytest

from localcloud.testing import LocalCloud
from tests.cloud.clusters.rigs import Rig, doctor
from tests.people import Person

BOOT = """
import ramon
cluster = ramon.Cluster({workers}, name="{name}", cpu=1, memory="1 GiB", wait_for_workers=False)
"""


@pytest.mark.timeout(400)
def test_a_cluster_without_a_place_waits_in_line_and_goes_on_by_itself(
    ada: Person, grace: Person, cloud: LocalCloud
) -> None:
    with Rig(ada, "Seated") as seated, Rig(grace, "Waiting") as waiting:
        seated.run(BOOT.format(workers=1, name="seated"))
        first = seated.named("seated")
        first.until("running")
        places = len(cloud.client("batch").describe_compute_environments()["computeEnvironments"])
        cloud.batch.quota(environments=places)

        waiting.run(BOOT.format(workers=2, name="waiting"))
        second = waiting.named("waiting")
        told = second.until_problem("waiting_for_place")

        assert "line" in told["problem"]["message"], told
        assert (told["spent_usd"], told["state"]) == ("0.000000", "starting")
        cloud.batch.reset()
        told = second.until("running", within=120)
        assert told["problem"] is None
        for rig in (seated, waiting):
            rig.run("cluster.close()")
    assert doctor(cloud) == ""
