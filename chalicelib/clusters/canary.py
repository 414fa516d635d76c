"""The cluster of the canary: nobody's, without workers, and in no index of what lives.

The canary (`upkeep/canary.py`) reports on it each minute, as agents do on theirs.
"""

from chalicelib.clusters.models import Cluster
from chalicelib.clusters.states import ClusterState, Purchase
from chalicelib.core import clock
from chalicelib.notebooks import canary

CLUSTER_ID = "cl_" + "0" * 26


def stand_ready() -> None:
    """Make the row that its reports are about."""
    now = clock.now()
    Cluster(
        CLUSTER_ID, account_id=canary.ACCOUNT_ID, notebook_id=canary.NOTEBOOK_ID,
        notebook_name="Canary", server_id=canary.SERVER_ID, name="canary", vcpu=1, memory_gib=2,
        gpu=0, purchase=Purchase.ON_DEMAND, idle_minutes=60, python="", state=ClusterState.RUNNING,
        state_since=now, created_at=now, wanted=0, unmade=0,
    ).save()  # fmt: skip
