"""Mistakes that leave computers running, or bill them wrongly: the histories must find each."""

from collections.abc import Callable

import pytest

from chalicelib.clusters import crew

Bug = Callable[[pytest.MonkeyPatch], None]


def any_job_is_the_workers(patch: pytest.MonkeyPatch) -> None:
    """Whichever job speaks for a worker is believed."""
    patch.setattr(crew, "adopt", lambda _worker, _job: True)


def nobody_looks_at_jobs(patch: pytest.MonkeyPatch) -> None:
    """Only events tell what became of a job, and those may never come."""
    patch.setattr(crew, "follow", lambda _workers: {})


BUGS: tuple[Bug, ...] = (any_job_is_the_workers, nobody_looks_at_jobs)
