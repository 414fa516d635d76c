"""What a cluster's scheduler reports: it keeps the cluster, and brings lost workers back.

It is what the account's own programs say, so nothing that is owed rests on it.
"""

from chalicelib.clusters import attempts, crew, lifecycle, replacing, state_machines, views
from chalicelib.clusters.agent_schemas import ClusterReport, ReportAnswer
from chalicelib.clusters.models import Cluster, Worker
from chalicelib.clusters.states import LIVE, SAVES, ClusterState, ProblemCode, WorkerState
from chalicelib.core import clock, db
from chalicelib.core.views import view


def report(cluster: Cluster, told: ClusterReport) -> ReportAnswer:
    """Note how a cluster is doing; this is what keeps it alive."""
    if cluster.state in LIVE:
        _note(cluster, told)
        running = _note_joined(cluster, set(told.joined))
        replacing.note_all_there(cluster, running)
        tasks = told.tasks
        replacing.replace_lost(cluster, tasks.waiting + tasks.processing if tasks else 0)
    wants_saving = cluster.state == ClusterState.STOPPING and cluster.stop_reason in SAVES
    return view(
        ReportAnswer, cluster,
        stop=views.stop_of(cluster), save=wants_saving and cluster.saved_results is None,
    )  # fmt: skip


def _note(cluster: Cluster, told: ClusterReport) -> None:
    now, at = clock.now(), clock.seconds()
    is_claimed = told.clients > 0
    unclaimed = (
        Cluster.unclaimed_since.remove()
        if is_claimed
        else Cluster.unclaimed_since.set(cluster.unclaimed_since or at)
    )
    tasks = told.tasks
    actions: list[db.Action] = [
        Cluster.reported_at.set(now),
        Cluster.lease_expires_at.set(at + lifecycle.LEASE_SECONDS),
        Cluster.clients.set(told.clients),
        unclaimed,
    ]
    if told.active:
        actions.append(Cluster.last_active_at.set(now))
    if tasks is not None:
        counts = {"waiting": tasks.waiting, "processing": tasks.processing}
        actions.append(Cluster.tasks.set({**counts, "memory": tasks.memory, "erred": tasks.erred}))
    if not db.update_if(cluster, Cluster.state.is_in(*LIVE), actions):
        cluster.refresh(consistent_read=True)
    _note_paused(cluster, told)


def _note_paused(cluster: Cluster, told: ClusterReport) -> None:
    """Show that workers stand still for want of memory; what else is wrong is shown first."""
    if not told.paused:
        lifecycle.clear_problem(cluster, ProblemCode.PAUSED)
    elif cluster.problem_code in (None, ProblemCode.PAUSED):
        message = _paused_message(told.paused, len(told.joined))
        if cluster.problem_message != message:
            lifecycle.set_problem(cluster.id, ProblemCode.PAUSED, message)


def _paused_message(paused: int, joined: int) -> str:
    many = "worker is" if joined == 1 else "workers are"
    return (
        f"{paused} of {joined} {many} paused: memory. No task begins there until less than 80 % of "
        "it is used. Delete results that you no longer need, give each task less, or start a "
        "cluster with more memory."
    )


def _note_joined(cluster: Cluster, joined: set[str]) -> int:
    """Record who has joined; how many of them run."""
    found = (
        [w for w in Worker.by_live_cluster.query(cluster.id) if w.id in joined] if joined else []
    )
    for worker in found:
        if crew.state_of(worker) != WorkerState.RUNNING:
            worker.refresh(consistent_read=True)
            attempts.joined(worker)
    running = sum(crew.state_of(worker) == WorkerState.RUNNING for worker in found)
    if cluster.state == ClusterState.STARTING:
        if running:
            lifecycle.first_joined(cluster.id, clock.now())
        cluster.refresh(consistent_read=True)
    return running


def note_saved(cluster: Cluster, results: int, size: int) -> None:
    """Finished results are saved: the stop goes on."""
    db.update(cluster, [Cluster.saved_results.set(results), Cluster.saved_bytes.set(size)])
    if cluster.drain_token is not None:
        state_machines.succeed(cluster.drain_token)
