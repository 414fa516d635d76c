"""Holds Batch's own times against what was billed: Batch ─ workers ─ uses, both ways.

A second that Batch ran an attempt and that no use has is a finding, as is one that was
billed and that no attempt had.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from chalicelib.clusters import attempts, batch
from chalicelib.clusters.models import Cluster, Worker
from chalicelib.core import clock, db
from chalicelib.metering import service as metering

_BATCH = "Batch ─ workers"
_USES = "workers ─ uses"
_REMEMBERED = timedelta(days=1)
"""Batch tells of a job for longer than this after its end; the audit comes each night."""
_ON_ITS_WAY = timedelta(minutes=5)
"""What happened since then may be on its way into the records: an event, or the minute's sweep."""


def differing(account_id: str, month: str) -> Iterator[metering.Finding]:
    """What differs between Batch, an account's workers and their uses, in a month."""
    billed = {use.id for use in metering.uses_of(account_id, month, metering.Kind.CLUSTER)}
    workers = _workers(account_id, month, billed)
    ran = {
        attempts.use_id(worker, int(number)): (worker, number)
        for worker in workers.values()
        for number in _attempts_in(worker, month)
    }
    spans = metering.spans({*billed, *ran})
    for id_ in sorted(billed - ran.keys()):
        yield metering.Finding(_USES, id_, "it is billed, but Batch never started such an attempt")
    for id_, (worker, number) in sorted(ran.items()):
        yield from _differing(id_, worker, number, spans.get(id_))
    yield from _unrecorded(workers.values())


def _workers(account_id: str, month: str, billed: Iterable[str]) -> dict[str, Worker]:
    """The workers of the clusters that lived in a month, and those that were billed in it."""
    start, end = map(clock.moment, metering.bounds(month))
    lived: db.Condition = (Cluster.created_at < end) & (
        Cluster.stopped_at.does_not_exist() | (Cluster.stopped_at >= start)
    )
    clusters = Cluster.by_account.query(account_id, filter_condition=lived)
    found = {worker.id: worker for each in clusters for worker in Worker.by_cluster.query(each.id)}
    others = {id_.partition(".")[0] for id_ in billed} - found.keys()
    return found | {worker.id: worker for worker in (Worker.batch_get(others) if others else ())}


def _attempts_in(worker: Worker, month: str) -> Iterator[str]:
    """The attempts of a worker of which some second is in a month."""
    first, after = metering.bounds(month)
    for number, started in worker.started.attribute_values.items():
        stopped = worker.stopped.attribute_values.get(number)
        if _second(started) < after and (stopped is None or _second(stopped) > first):
            yield number


def _differing(
    id_: str, worker: Worker, number: str, use: metering.Span | None
) -> Iterator[metering.Finding]:
    """What an attempt's times say against its use's."""
    started = _second(worker.started.attribute_values[number])
    stopped = worker.stopped.attribute_values.get(number)
    if use is None:
        yield metering.Finding(_USES, id_, f"Batch started it at {started}, and nothing is billed")
        return
    if use.started_at != started:
        message = f"started at {started}, billed from {use.started_at} on"
        yield metering.Finding(_USES, id_, message)
    ends = None if stopped is None else _second(stopped)
    if use.credit is not None:
        ends = started
    if use.ended_at != ends:
        yield metering.Finding(_USES, id_, f"stopped at {ends}, billed until {use.ended_at}")
    if (use.credit is not None) != (number in (worker.free or ())):
        yield metering.Finding(_USES, id_, f"credited: {use.credit}; its worker says otherwise")


def _unrecorded(workers: Iterable[Worker]) -> Iterator[metering.Finding]:
    """What Batch still tells of these workers' jobs, and no record has."""
    since = clock.now() - _REMEMBERED
    recent = [w for w in workers if w.job_id and (w.ended_at is None or w.ended_at >= since)]
    jobs = batch.describe(worker.job_id for worker in recent if worker.job_id)
    for worker in recent:
        job = jobs.get(worker.job_id or "")
        for number, attempt in enumerate(job.attempts if job else (), 1):
            yield from _not_as_recorded(worker, str(number), attempt)


def _not_as_recorded(
    worker: Worker, number: str, attempt: batch.Attempt
) -> Iterator[metering.Finding]:
    for what, told, known in (
        ("started", attempt.started_at, worker.started.attribute_values.get(number)),
        ("stopped", attempt.stopped_at, worker.stopped.attribute_values.get(number)),
    ):
        recorded = None if known is None else _second(known)
        if told is not None and not _is_fresh(told) and clock.second_of(told) != recorded:
            message = f"Batch {what} it at {clock.second_of(told)}, the record says {recorded}"
            yield metering.Finding(_BATCH, attempts.use_id(worker, int(number)), message)


def _is_fresh(moment: datetime) -> bool:
    return clock.now() - moment < _ON_ITS_WAY


def _second(millis: int) -> int:
    return millis // 1000
