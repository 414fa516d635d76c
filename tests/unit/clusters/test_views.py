"""What is shown of a cluster's workers over time."""

from datetime import datetime

from chalicelib.clusters import views
from chalicelib.clusters.models import Worker
from chalicelib.core import clock


def _worker(started: int, stopped: int | None = None) -> Worker:
    """A worker that has joined; times in seconds since 1970."""
    ends = {} if stopped is None else {"1": stopped * 1000}
    return Worker("wk_1", started={"1": started * 1000}, joined={"1": started * 1000}, stopped=ends)


def _shown(at: datetime) -> int:
    return int(at.timestamp())


def test_workers_that_run_are_still_there_at_the_end_of_the_plot() -> None:
    now = clock.seconds()

    points = views.history([_worker(now - 60), _worker(now - 50, now - 20)]).points

    assert [(_shown(point.at) - now, point.workers) for point in points] == [
        (-60, 1),
        (-50, 2),
        (-20, 1),
    ]
