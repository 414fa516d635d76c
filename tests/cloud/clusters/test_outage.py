"""The API loses its tables for ten minutes: nothing that runs ends, and nothing is lost."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from localcloud.testing import LocalCloud
from tests.cloud.clusters.rigs import Rig, sweep
from tests.people import Person
from tests.support import eventually

MINUTE = 60
OUTAGE_SECONDS = 600
WITHOUT_TABLES = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}],
}
"""As a bad deployment of its policy, or throttling, would leave it."""

BEFORE = """
import ramon
cluster = ramon.Cluster(1, name="outage", cpu=1, memory="1 GiB")
held = cluster.get_client().submit(sum, [40, 2])
print(held.result())
"""
DURING = "open('during.txt', 'w').write('written while nobody could save it')"
AFTER = "print(held.result(), cluster.get_client().submit(sum, [1, 2]).result())"


@contextmanager
def outage(cloud: LocalCloud) -> Iterator[None]:
    """The API's role has no right to any table."""
    api = cloud.client("lambda").get_function_configuration(FunctionName="ramon-local-api")
    role = {"RoleName": api["Role"].rpartition("/")[2], "PolicyName": "outage"}
    iam = cloud.client("iam")
    iam.put_role_policy(**role, PolicyDocument=json.dumps(WITHOUT_TABLES))
    try:
        yield
    finally:
        iam.delete_role_policy(**role)


def row(cloud: LocalCloud, table: str, id_: str) -> dict[str, Any]:
    """A row as it is; the API can't be asked."""
    found = cloud.client("dynamodb").get_item(
        TableName=f"ramon-local-{table}", Key={"id": {"S": id_}}, ConsistentRead=True
    )
    item: dict[str, Any] = found["Item"]
    return item


def heard_until(cloud: LocalCloud) -> int:
    """When the canary was heard last."""
    return int(row(cloud, "hearing", "api")["until"]["N"])


@pytest.mark.timeout(400)
def test_ten_minutes_without_tables_end_no_notebook_and_no_cluster_and_lose_no_file(
    cloud: LocalCloud, ada: Person
) -> None:
    with Rig(ada, "Outage") as rig:
        assert "42" in rig.run(BEFORE)
        cluster = rig.newest()
        server_id = rig.notebook.ask("GET", "/servers").json()["items"][0]["id"]
        sweep(cloud)
        heard_at = heard_until(cloud)
        assert abs(heard_at - cloud.now()) < MINUTE

        with outage(cloud):
            eventually(lambda: ada.ask("GET", "/me").status_code >= 500)
            rig.run(DURING)
            cloud.advance(OUTAGE_SECONDS)
            sweep(cloud)
            assert heard_until(cloud) < cloud.now() - OUTAGE_SECONDS
            assert row(cloud, "servers", server_id)["state"] == {"S": "running"}
            assert row(cloud, "clusters", cluster.id)["state"] == {"S": "running"}

        # It hears again, and not everybody has reported yet.
        eventually(lambda: ada.ask("GET", "/me").status_code == 200)
        sweep(cloud)
        assert rig.notebook.now["state"] == "running"
        assert cluster.now["state"] == "running"
        assert "42 3" in rig.run(AFTER)

        rig.notebook.stop()
        rig.notebook.start()
        found = rig.notebook.enter().get("/api/contents/during.txt").json()
        assert found["content"] == "written while nobody could save it"
