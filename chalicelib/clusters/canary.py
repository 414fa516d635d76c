"""The cluster of the canary: nobody's, without workers, and in no index of what lives.

The canary (`notebooks/canary.py`) reports on it each minute, as agents do on theirs.
"""

from chalicelib.clusters.models import Cluster
from chalicelib.clusters.states import ClusterState, Purchase
from chalicelib.core import clock

CANARY_ID = "cl_" + "0" * 26


def stand_canary_ready(account_id: str, notebook_id: str, server_id: str) -> None:
    """Make the row that its reports are about."""
    now = clock.now()
    Cluster(
        CANARY_ID, account_id=account_id, notebook_id=notebook_id, notebook_name="Canary",
        server_id=server_id, name="canary", vcpu=1, memory_gib=2, gpu=0,
        purchase=Purchase.ON_DEMAND, idle_minutes=60, python="", state=ClusterState.RUNNING,
        state_since=now, created_at=now, wanted=0, unmade=0,
    ).save()  # fmt: skip
