"""Clusters on record, for tests that need one but no computers."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.functional.conftest import Caller

SCHEDULER = {
    "address": "tls://10.64.64.1:8700",
    "ca": "-- ca --",
    "certificate": "-- certificate --",
    "key": "-- key --",
}
WANTED: dict[str, Any] = {
    "name": "sim",
    "workers": 0,
    "vcpu": 2,
    "memory_gib": 4,
    "scheduler": SCHEDULER,
    "environment": {"python": "3.11.9"},
    "detached": True,
}
"""A cluster without workers: it needs no computer, and costs nothing."""


@dataclass(frozen=True)
class Home:
    """A notebook that is running, as far as the records say: its owner, and its agent."""

    owner: Caller
    agent: Caller
    account_id: str
    notebook_id: str
    server_id: str


def at_home(owner: Caller, plan: str = "lab") -> Home:
    """A notebook of this person's, on a plan, with a server on record."""
    from chalicelib.accounts.models import Account  # noqa: PLC0415  after the settings
    from chalicelib.core import ids  # noqa: PLC0415
    from chalicelib.notebooks import lifecycle, service  # noqa: PLC0415

    account_id = owner.told("GET", "/me")["id"]
    Account(account_id).update([Account.plan.set(plan)])
    notebook_id = owner.told("POST", "/notebooks", {"name": "With clusters"})["id"]
    secret = ids.new_secret()
    server = lifecycle.admit(service.read(account_id, notebook_id), 10, ids.digest(secret))
    agent = Caller(owner.client, {"Authorization": f"Bearer {server.id}.{secret}"})
    return Home(owner, agent, account_id, notebook_id, server.id)


def recorded_cluster(account_id: str, notebook_id: str = "nb_1", *, is_live: bool = False) -> str:
    """The id of a cluster on record; one that lives is wanted for an hour to come."""
    from chalicelib.clusters.models import Cluster, ClusterKeys  # noqa: PLC0415  as above
    from chalicelib.core import clock, ids  # noqa: PLC0415

    now = clock.now()
    cluster_id = ids.new_id("cl")
    Cluster(
        cluster_id, account_id=account_id, notebook_id=notebook_id, notebook_name="Mine",
        server_id="srv_1", name="recorded", vcpu=1, memory_gib=2, gpu=0, purchase="on_demand",
        idle_minutes=60, python="3.11", state="running" if is_live else "stopped",
        state_since=now, created_at=now, wanted=0, unmade=0, last_active_at=now,
        live_account_id=account_id if is_live else None,
    ).save()  # fmt: skip
    if is_live:
        ClusterKeys(
            cluster_id, address=SCHEDULER["address"], ca="b", certificate="c", key="d"
        ).save()
    return cluster_id


def recorded_worker(account_id: str, cluster_id: str, job_id: str | None = None) -> tuple[str, str]:
    """The id of a worker on record whose job was submitted, and the job's token.

    `job_id` is what is on record as the answer to that.
    """
    from chalicelib.clusters.models import Worker  # noqa: PLC0415  as above
    from chalicelib.core import clock, ids  # noqa: PLC0415

    secret, worker_id = ids.new_secret(), ids.new_id("wk")
    at = clock.now() - timedelta(seconds=10)
    Worker(
        worker_id, cluster_id=cluster_id, account_id=account_id, kind="on_demand",
        requested_at=at, submitted_at=at, digest=ids.digest(secret), live_cluster_id=cluster_id,
        job_id=job_id,
    ).save()  # fmt: skip
    return worker_id, f"{worker_id}.{secret}"
