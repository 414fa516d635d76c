"""Clusters and workers as the API tells of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

from chalicelib.clusters import attempts, crew, schemas, spending
from chalicelib.clusters.models import Cluster, Worker
from chalicelib.clusters.states import (
    LIVE,
    ClusterEnd,
    ClusterState,
    PoolKind,
    ProblemCode,
    WorkerEnd,
    WorkerState,
)
from chalicelib.core import clock
from chalicelib.core.money import micros, rate
from chalicelib.core.views import view
from chalicelib.metering import service as metering
from chalicelib.plans import catalogue

_MOST_POINTS = 500


def cluster(one: Cluster) -> schemas.Cluster:
    """One cluster."""
    return clusters([one])[0]


def clusters(found: Sequence[Cluster]) -> list[schemas.Cluster]:
    """Clusters of one account."""
    spent = spending.of(found)
    return [_cluster(one, spent[one.id]) for one in found]


def _cluster(one: Cluster, spent: metering.Spending) -> schemas.Cluster:
    price = spending.worker_usd_hour(one)
    return view(
        schemas.Cluster,
        one,
        worker=view(schemas.WorkerSize, one),
        workers=_counts(one),
        price=schemas.Price(
            worker_usd_hour=rate(price),
            usd_hour=rate(price * one.wanted),
            now_usd_hour=rate(spent.usd_second * catalogue.HOUR),
        ),
        spent_usd=micros(spent.spent),
        budget_usd=None if one.budget is None else spending.dollars(one.budget),
        as_of=clock.moment(spent.at),
        tasks=_tasks(one),
        problem=_problem(one),
        stop=stop_of(one),
        saved=_saved(one),
        dashboard_url=one.dashboard_url if one.live else None,
    )


def _counts(one: Cluster) -> schemas.WorkerCounts:
    states = Counter(
        crew.state_of(worker)
        for worker in (Worker.by_live_cluster.query(one.id) if one.live else ())
    )
    return schemas.WorkerCounts(
        wanted=one.wanted,
        pending=states[WorkerState.PENDING] + (one.unmade if one.live else 0),
        starting=states[WorkerState.STARTING],
        running=states[WorkerState.RUNNING],
    )


def _tasks(one: Cluster) -> schemas.TaskCounts | None:
    tasks: Any = one.tasks if one.state in LIVE else None  # no scheduler has any task after the end
    return None if tasks is None else schemas.TaskCounts(**tasks.attribute_values)


def _problem(one: Cluster) -> schemas.Problem | None:
    # What stood in the way of one that has stopped stands in no way any more.
    if one.problem_code is None or one.state == ClusterState.STOPPED:
        return None
    return schemas.Problem(ProblemCode(one.problem_code), one.problem_message or "")


def stop_of(one: Cluster) -> schemas.Stop | None:
    """Why it ends or has ended; None if it does not."""
    if one.stop_reason is None:
        return None
    return schemas.Stop(ClusterEnd(one.stop_reason), one.stop_message or "")


def _saved(one: Cluster) -> schemas.Saved | None:
    if one.saved_results is None:
        return None
    return schemas.Saved(one.saved_results, one.saved_bytes or 0)


def workers(found: Sequence[Worker]) -> list[schemas.ClusterWorker]:
    """Workers of one cluster."""
    charged = {
        worker.id: [attempts.use_id(worker, int(number)) for number in _charged(worker)]
        for worker in found
    }
    costs = metering.costs(use for of_worker in charged.values() for use in of_worker)
    spent = {
        id_: sum((costs[use].spent for use in of_worker if use in costs), start=catalogue.NOTHING)
        for id_, of_worker in charged.items()
    }
    return [_worker(worker, micros(spent[worker.id])) for worker in found]


def _charged(worker: Worker) -> list[str]:
    """The attempts that are charged: all that Batch started, but for those that were a fault."""
    free = worker.free or set()
    return [number for number in worker.started.attribute_values if number not in free]


def _worker(worker: Worker, spent: str) -> schemas.ClusterWorker:
    number = str(attempts.newest(worker))
    return view(
        schemas.ClusterWorker,
        worker,
        state=crew.state_of(worker),
        attempt=max(1, int(number)),
        purchase="spot" if worker.kind == PoolKind.SPOT else "on_demand",
        started_at=clock.moment_of_millis(worker.started.attribute_values.get(number)),
        joined_at=clock.moment_of_millis(worker.joined.attribute_values.get(number)),
        stopped_at=clock.moment_of_millis(worker.stopped.attribute_values.get(number))
        or worker.ended_at,
        end=_end(worker),
        spent_usd=spent,
        seconds=sum(until - since for since, until in spans(worker, clock.millis())),
    )


def _end(worker: Worker) -> schemas.WorkerStop | None:
    if worker.ended_at is None or worker.end_reason is None:
        return None
    return schemas.WorkerStop(WorkerEnd(worker.end_reason), worker.end_message or "")


def spans(worker: Worker, now: int) -> list[tuple[int, int]]:
    """From when until when each of its attempts was charged, in seconds; `now` in milliseconds."""
    started, stopped = worker.started.attribute_values, worker.stopped.attribute_values
    return [
        (started[number] // 1000, max(started[number], stopped.get(number, now)) // 1000)
        for number in _charged(worker)
    ]


def history(found: Iterable[Worker]) -> schemas.History:
    """How many of these workers were charged over time."""
    changes = Counter[int]()
    now = clock.millis()
    for worker in found:
        for since, until in spans(worker, now):
            changes[since] += 1
            if until < now // 1000:  # one that runs has no end yet
                changes[until] -= 1
    times = sorted(at for at, change in changes.items() if change)
    counts = accumulate(changes[at] for at in times)
    points = [
        schemas.HistoryPoint(clock.moment(at), count)
        for at, count in zip(times, counts, strict=True)
    ]
    step = -(-len(points) // _MOST_POINTS) or 1
    # The last point stays: it says what is charged now.
    return schemas.History(points[-1::-step][::-1])
