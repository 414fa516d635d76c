"""The state machines of clusters: begin a start or a stop, and let a waiting step go on."""

from chalicelib.core import config, step_functions
from chalicelib.core.step_functions import succeed

__all__ = ["begin_start", "begin_stop", "succeed"]


def begin_start(cluster_id: str, attempt: str) -> None:
    """Begin to start a cluster's workers. Asked again with the same `attempt`, does nothing."""
    _begin(config.settings().start_cluster_machine_arn, cluster_id, attempt)


def begin_stop(cluster_id: str, attempt: str) -> None:
    """Begin to stop a cluster. Asked again with the same `attempt`, does nothing."""
    _begin(config.settings().stop_cluster_machine_arn, cluster_id, attempt)


def _begin(machine_arn: str, cluster_id: str, attempt: str) -> None:
    step_functions.begin(machine_arn, f"{cluster_id}-{attempt}", {"cluster_id": cluster_id})
