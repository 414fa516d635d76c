"""Holds what workers' own records say against what was billed for them: workers ─ runs."""

from collections.abc import Iterator

from chalicelib.billing import service as billing
from chalicelib.clusters.models import Worker

_LINK = "workers ─ runs"


def differing(account_id: str, month: str) -> Iterator[billing.Finding]:
    """What differs between an account's workers and their runs of billing, in a month."""
    runs = billing.runs_of(account_id, month, billing.Kind.CLUSTER)
    wanted = {run.id.partition(".")[0] for run in runs}
    workers = {worker.id: worker for worker in Worker.batch_get(wanted)} if wanted else {}
    for run in runs:
        worker_id, _, number = run.id.partition(".")
        yield from _differing(run, workers.get(worker_id), number)


def _differing(run: billing.Span, worker: Worker | None, number: str) -> Iterator[billing.Finding]:
    """What a worker's own times say against its run's."""
    if worker is None:
        yield billing.Finding(_LINK, run.id, "no worker has this id")
        return
    started, stopped = worker.started.attribute_values, worker.stopped.attribute_values
    if number not in worker.joined.attribute_values:
        yield billing.Finding(_LINK, run.id, "it is billed, but never joined")
    elif _second(started.get(number)) != run.started_at:
        message = f"started at {_second(started.get(number))}, billed from {run.started_at} on"
        yield billing.Finding(_LINK, run.id, message)
    elif _second(stopped.get(number)) != run.ended_at:
        message = f"stopped at {_second(stopped.get(number))}, billed until {run.ended_at}"
        yield billing.Finding(_LINK, run.id, message)


def _second(millis: int | None) -> int | None:
    return None if millis is None else millis // 1000
