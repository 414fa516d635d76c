"""Jobs that Batch says it does not know, and for how long that means nothing.

Batch tells of a job for at least a day after its end (its user guide, “Job states”), and of one
that was just submitted once all of its operations know it. So a job that was known once, and is
unknown, is not over: something is wrong with the answer.
"""

from datetime import timedelta

from chalicelib.clusters import batch, environments
from chalicelib.clusters.models import Worker
from chalicelib.core import clock, db, hearing
from chalicelib.core.observability import log

FORGOTTEN_AFTER = timedelta(days=1)
"""How long the job of a worker that Batch once started must have been unknown until it is believed
to be over. Nothing is charged meanwhile: only what Batch says runs is."""
NEVER_KNOWN_AFTER = timedelta(minutes=10)
"""The same of one that Batch told no start of. Should it start all the same, it is a stray job."""
_HEARING_SECONDS = 600
"""For so long the service must have heard, and so have looked each minute."""


def is_over(worker: Worker) -> bool:
    """Whether nothing of a worker runs whose job DescribeJobs has just not known.

    Since when that is so is noted on the worker.
    """
    if worker.unknown_since is None:
        log.error("Batch knows nothing of a live worker's job", worker_id=worker.id)
        first = Worker.ended_at.does_not_exist() & Worker.unknown_since.does_not_exist()
        db.update_if(worker, first, [Worker.unknown_since.set(clock.now())])
        return False
    was_started = bool(worker.started.attribute_values)
    patience = FORGOTTEN_AFTER if was_started else NEVER_KNOWN_AFTER
    if clock.now() - worker.unknown_since < patience:
        return False
    if not hearing.now().has_heard_for(_HEARING_SECONDS):
        return False
    # Asked another way: ListJobs is another operation.
    return batch.find(environments.name(worker.account_id, worker.kind), worker.id) is None


def note_known(worker: Worker) -> None:
    """Batch knows the job of this worker: what is unknown later begins anew."""
    if worker.unknown_since is not None:
        db.update_if(worker, Worker.ended_at.does_not_exist(), [Worker.unknown_since.remove()])
