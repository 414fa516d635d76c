"""What becomes of a worker's attempts, and what is charged for each.

Money follows Batch's own times alone. An attempt is charged from Batch's start to Batch's stop: its
use is opened in the transaction that records the start, and ended in the one that
records the stop. Whether a worker has joined is what its account's own programs say, so it decides
about what is shown and about who is waited for, never about what is owed.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalicelib.billing import service as billing
from chalicelib.clusters import batch, crew_ends, lifecycle
from chalicelib.clusters.models import Cluster, Worker
from chalicelib.clusters.states import PoolKind
from chalicelib.core import clock, db
from chalicelib.metering import service as metering
from chalicelib.plans import catalogue


def use_id(worker: Worker, attempt: int) -> str:
    """The use of one attempt."""
    return f"{worker.id}.{attempt}"


def newest(worker: Worker) -> int:
    """The number of its newest attempt that Batch has told of; 0 before the first."""
    return max([0, *map(int, worker.started.attribute_values)])


def observe(worker: Worker, number: str, attempt: batch.Attempt) -> None:
    """Record what Batch says of one attempt, unless that is known."""
    if attempt.started_at is not None:
        _started(worker, number, attempt.started_at, attempt.stream)
    start = worker.started.attribute_values.get(number)
    if start is not None and attempt.stopped_at is not None:
        fault = crew_ends.fault(worker, start, attempt.stopped_at, attempt)
        stopped(worker, number, attempt.stopped_at, fault)


@db.when_contended
def _started(worker: Worker, number: str, at: datetime, stream: str | None) -> None:
    if number in worker.started.attribute_values or worker.ended_at is not None:
        return
    actions = [_of(Worker.started, number).set(clock.millis_of(at))]
    if stream:
        actions.append(_of(Worker.streams, number).set(stream))
    has_joined = worker.met_at is not None and worker.met_at >= clock.millis_of(at)
    if has_joined:
        actions.append(_of(Worker.joined, number).set(worker.met_at))
    use = _use(worker, number, at)
    is_new = is_known(Worker.started, number, known=False)
    recorded = _record(worker, actions, is_new, lambda write: metering.open_in(write, use))
    if recorded and has_joined:
        lifecycle.first_joined(worker.cluster_id, clock.now())


def _record(
    worker: Worker,
    actions: list[db.Action],
    is_new: db.Condition,
    also: Callable[[db.Writes], None],
) -> bool:
    """Record something of a worker that has not ended, and `also` what it means for its bill.

    False if the worker has ended meanwhile. To be called where contention is tried again.
    """
    try:
        with db.transaction() as write:
            is_live = Worker.ended_at.does_not_exist()
            write.update("worker", worker, actions, condition=is_live & is_new)
            also(write)
    except db.Refused as refused:
        look_again(worker, refused)
        return False
    worker.refresh(consistent_read=True)
    return True


def _of(facts: Any, number: str) -> Any:
    """What a map of the record has of one attempt, for an update or a condition."""
    return facts[number]


def is_known(facts: Any, number: str, *, known: bool) -> db.Condition:
    """Whether something is known of an attempt, or is not."""
    fact = _of(facts, number)
    condition: db.Condition = fact.exists() if known else fact.does_not_exist()
    return condition


def look_again(worker: Worker, refused: db.Refused) -> None:
    """Something was recorded since the worker was read: try again with that."""
    worker.refresh(consistent_read=True)
    if worker.ended_at is None:
        raise db.Contended from refused


def joined(worker: Worker) -> None:
    """The scheduler has this worker: in the attempt that Batch says runs, once Batch says so."""
    number = str(newest(worker))
    known = {**worker.joined.attribute_values, **worker.stopped.attribute_values}
    if number == "0" or number in worker.stopped.attribute_values:
        db.update_if(worker, Worker.ended_at.does_not_exist(), [Worker.met_at.set(clock.millis())])
        return
    if number in known:
        return
    is_fresh = (
        Worker.ended_at.does_not_exist()
        & is_known(Worker.joined, number, known=False)
        & is_known(Worker.stopped, number, known=False)
    )
    if not db.update_if(worker, is_fresh, [_of(Worker.joined, number).set(clock.millis())]):
        worker.refresh(consistent_read=True)


def _use(worker: Worker, number: str, at: datetime) -> metering.NewUse:
    cluster = lifecycle.read(worker.cluster_id)
    return metering.NewUse(
        use_id=use_id(worker, int(number)),
        account_id=worker.account_id,
        resource_id=cluster.id,
        kind=metering.Kind.CLUSTER,
        name=cluster.name,
        size=None,
        units=units_of(cluster, worker.kind),
        started_at=clock.second_of(at),
    )


def units_of(cluster: Cluster, kind: str) -> catalogue.Units:
    """What one of its workers uses at a time on this kind of computers (`PoolKind`), by meter."""
    return catalogue.units(
        vcpu=cluster.vcpu,
        memory_gib=cluster.memory_gib,
        gpu=cluster.gpu,
        spot=kind == PoolKind.SPOT,
    )


def stopped(worker: Worker, number: str, at: datetime, fault: str | None = None) -> None:
    """Batch stopped an attempt: it is charged until then, or not at all for a `fault` of ours."""
    _record_stop(worker, number, at, fault)
    metering.settle(use_id(worker, int(number)))


@db.when_contended
def _record_stop(worker: Worker, number: str, at: datetime, fault: str | None) -> None:
    if number in worker.stopped.attribute_values or worker.ended_at is not None:
        return
    use, second = use_id(worker, int(number)), clock.second_of(at)
    credit = billing.credit(use, second, fault) if fault else None
    actions = [_of(Worker.stopped, number).set(clock.millis_of(at))]
    if credit:
        actions.append(Worker.free.add({number}))

    def bill(write: db.Writes) -> None:
        if credit:
            billing.credit_in(write, credit)
        else:
            metering.end_in(write, use, second)

    _record(worker, actions, is_known(Worker.stopped, number, known=False), bill)


def stop_at_the_latest(worker: Worker, number: int, end: datetime) -> datetime:
    """When an attempt stopped that Batch tells no stop of: no later than the next one began."""
    starts = worker.started.attribute_values
    following = starts.get(str(number + 1))
    if following is not None:
        end = min(end, clock.moment_of_millis(following))
    return max(end, clock.moment_of_millis(int(starts[str(number)])))


def last_seen(worker: Worker) -> datetime:
    """The last moment at which Batch said that it ran, as far as that is recorded."""
    until = metering.recorded_until(use_id(worker, newest(worker)))
    return clock.now() if until is None else clock.moment(until)
