"""Workers that were lost are replaced, as long as tasks wait for them, and up to a bound.

Only a report brings a worker back: it says that the cluster's scheduler lives and has work. So
nobody is charged for workers of a notebook that has gone.
"""

from chalicelib.clusters import lifecycle, state_machines
from chalicelib.clusters.models import Cluster
from chalicelib.clusters.states import ClusterState, ProblemCode, WorkerEnd
from chalicelib.core import clock, db

REPLACED = frozenset(
    {
        WorkerEnd.SCHEDULER,
        WorkerEnd.FAILED,
        WorkerEnd.OUT_OF_MEMORY,
        WorkerEnd.HOST_LOST,
        WorkerEnd.LOST,
    }
)
"""Ends that nobody wished, and that another worker need not meet."""
LEAST_BOUND = 3
"""So many workers of a cluster are replaced at most, or as many as it wants if that is more: what
makes one worker after the other end must not be paid for again and again."""
_ANOTHER = "Another worker takes its place."
_NO_MORE = (
    "It is not replaced: too many were. Look at its log; `scale` brings as many workers as you ask "
    "for."
)


def replace_lost(cluster: Cluster, tasks: int) -> None:
    """Have workers made for those that were lost, if there are unfinished `tasks`."""
    if not tasks or not cluster.lost or cluster.state != ClusterState.RUNNING:
        return
    count = _take_up(cluster)
    if count:
        state_machines.begin_start(cluster.id, f"replace-{clock.seconds()}")
    if count or cluster.lost:
        _say(cluster, _ANOTHER if count else _NO_MORE)


@db.when_contended
def _take_up(cluster: Cluster) -> int:
    """Count lost workers among those that are to be made, as far as the bound allows; how many."""
    cluster.refresh(consistent_read=True)
    lost, replaced = cluster.lost or 0, cluster.replaced or 0
    # Since it was lost the cluster may have shrunk, or have been given another by its owner.
    missing = min(lost, max(0, cluster.wanted - cluster.members - cluster.unmade))
    count = max(0, min(missing, max(LEAST_BOUND, cluster.wanted) - replaced))
    if lost == missing - count:
        return 0
    actions = [
        Cluster.unmade.set(cluster.unmade + count),
        Cluster.replaced.set(replaced + count),
        Cluster.lost.set(missing - count),
    ]
    if db.update_if(cluster, lifecycle.is_as_read(cluster) & (Cluster.lost == lost), actions):
        return count
    cluster.refresh(consistent_read=True)
    if lifecycle.is_wanted(cluster):
        raise db.Contended
    return 0


def _say(cluster: Cluster, what_follows: str) -> None:
    """Add to why the last worker ended what follows from it."""
    why = cluster.problem_message if cluster.problem_code == ProblemCode.WORKER_FAILED else None
    said = (why or "A worker was lost.").removesuffix(_ANOTHER).removesuffix(_NO_MORE).strip()
    message = f"{said} {what_follows}"
    if message != cluster.problem_message:
        lifecycle.set_problem(cluster.id, ProblemCode.WORKER_FAILED, message)


def note_all_there(cluster: Cluster, running: int) -> None:
    """Show a lost worker no longer once all that are wanted run."""
    has_failed = cluster.problem_code == ProblemCode.WORKER_FAILED
    if has_failed and cluster.replaced and running >= cluster.wanted:
        lifecycle.clear_problem(cluster, ProblemCode.WORKER_FAILED)
