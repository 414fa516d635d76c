"""Why a worker ended, in a word for programs and a sentence for people."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.clusters import batch
from chalicelib.clusters.models import Worker
from chalicelib.clusters.states import WorkerEnd
from chalicelib.core import clock

EARLY = timedelta(minutes=5)
"""A computer that AWS takes away within this time is not charged: a worker may not have got further
than installing its environment. Counted from Batch's start, so that nobody has to say whether it
had joined its cluster by then."""
_CLOCKS_DIFFER = 5000
"""Milliseconds by which Batch's clock may be ahead of ours."""
_KILLED = 137
_TOLD = 143
_SCHEDULER_LOST = 71
"""Exit codes: of Linux for SIGKILL and SIGTERM, and a worker's own (`ramon_notebook/worker/`)."""
_HOST_LOST = "Host EC2"
_NOT_STARTED = "Task failed to start"
"""How Batch's own words begin, when it ends an attempt for such a reason."""


@dataclass(frozen=True, slots=True)
class End:
    """How and when a worker ended."""

    reason: WorkerEnd
    message: str
    at: datetime


def of(worker: Worker, job: batch.Job | None, last: batch.Attempt | None) -> End:
    """Why this worker ended: as it was asked to, or as it said, or else by what Batch says."""
    at = (last.stopped_at if last else None) or clock.now()
    if worker.leaving is not None:
        return End(WorkerEnd(worker.leaving), worker.leaving_message or "", at)
    if worker.end_reason is not None:
        return End(WorkerEnd(worker.end_reason), worker.end_message or "", at)
    reason = (last.reason if last else None) or (job.reason if job else None) or ""
    return End(*_by_batch(last.exit_code if last else None, reason), at)


def _by_batch(code: int | None, reason: str) -> tuple[WorkerEnd, str]:
    """Why a worker ended by what Batch says of it: its program's exit code, and a reason."""
    if "OutOfMemory" in reason:
        message = "A worker needed more memory than it has. Take workers with more memory."
        return WorkerEnd.OUT_OF_MEMORY, message
    if _HOST_LOST in reason:
        message = "The computers of a worker were taken away, one after the other."
        return WorkerEnd.HOST_LOST, message
    if code == 0:
        return WorkerEnd.RETIRED, "Its cluster let it go."
    if code == _SCHEDULER_LOST:
        message = "A worker lost its connection to the cluster's scheduler, and ended."
        return WorkerEnd.SCHEDULER, message
    return WorkerEnd.FAILED, f"A worker ended unexpectedly ({_how(code, reason)})."


def _how(code: int | None, reason: str) -> str:
    if code == _KILLED:
        return "it was killed, perhaps for want of memory"
    if code == _TOLD:
        return "its computer was shut down"
    return f"exit code {code}; see its log" if code is not None else reason or "no reason given"


def fault(worker: Worker, start: int, stopped_at: datetime, attempt: batch.Attempt) -> str | None:
    """Why nobody is charged for an attempt; None if it is charged. `start` is in milliseconds.

    Only what Batch says counts, and what only we can bring about: a job that never got its orders
    had nothing of the account's to run.
    """
    said = attempt.status_reason or ""
    if said.startswith(_HOST_LOST) and stopped_at - clock.moment_of_millis(start) < EARLY:
        minutes = EARLY // timedelta(minutes=1)
        return f"not charged: AWS took its computer away within {minutes} minutes"
    if said.startswith(_NOT_STARTED):
        return "not charged: AWS could not start it"
    if worker.leaving is None and (worker.ordered_at or 0) < start - _CLOCKS_DIFFER:
        return "not charged: it could not reach the service"
    return None


def with_its_cluster(why: End) -> End:
    """The end of a worker that has left a cluster which is stopping before it was asked to."""
    return End(WorkerEnd.CLUSTER_STOPPED, "Its cluster was stopped.", why.at)


def lost(worker: Worker, at: datetime) -> End:
    """The end of a worker that Batch knows nothing of; `at` is when Batch last said that it ran."""
    if worker.leaving is not None:
        return End(WorkerEnd(worker.leaving), worker.leaving_message or "", at)
    return End(WorkerEnd.LOST, "The computer that a worker ran on was lost.", at)
