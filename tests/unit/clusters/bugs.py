"""Mistakes that leave computers running, or bill them wrongly: the histories must find each."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest

from chalicelib.billing import credited
from chalicelib.billing.models import BillingAccount
from chalicelib.clusters import attempts, crew
from chalicelib.clusters.models import Worker

Bug = Callable[[pytest.MonkeyPatch], None]


def any_job_is_the_workers(patch: pytest.MonkeyPatch) -> None:
    """Whichever job speaks for a worker is believed."""
    patch.setattr(crew, "adopt", lambda _worker, _job: True)


def nobody_looks_at_jobs(patch: pytest.MonkeyPatch) -> None:
    """Only events tell what became of a job, and those may never come."""
    patch.setattr(crew, "follow", lambda _workers: {})


def what_never_joined_is_free(patch: pytest.MonkeyPatch) -> None:
    """A scheduler that names nobody computes for nothing."""
    record = attempts._record_stop  # noqa: SLF001  # the mistake is built in just there

    def free_unless_joined(worker: Worker, number: str, at: datetime, fault: str | None) -> None:
        joined = number in worker.joined.attribute_values
        record(worker, number, at, fault if joined else "it never joined")

    patch.setattr(attempts, "_record_stop", free_unless_joined)


def what_is_free_has_no_bound(patch: pytest.MonkeyPatch) -> None:
    """Everything that AWS takes away early is free, however often that happens."""
    patch.setattr(credited.Credit, "given", Decimal(0))
    patch.setattr(credited, "_has_room", lambda _: BillingAccount.free_day.exists())


BUGS: tuple[Bug, ...] = (
    any_job_is_the_workers,
    nobody_looks_at_jobs,
    what_never_joined_is_free,
    what_is_free_has_no_bound,
)
