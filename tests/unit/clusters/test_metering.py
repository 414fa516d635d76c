"""What workers use is recorded, whatever is wrong with others' rows."""

from datetime import timedelta

import pytest

from chalicelib.clusters import jobs
from tests.unit.clusters.stories import story
from tests.unit.notebooks.test_sweeps import YEAR_ZERO, store


def test_a_worker_that_cannot_be_read_keeps_no_others_use_from_being_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with story(monkeypatch) as told:
        bad, good = told.cluster(workers=1), told.cluster(workers=1, name="good")
        told.start_all()
        told.follow()
        spoiled = next(each.id for each in told.workers() if each.cluster_id == bad)
        store("workers", {"id": spoiled}, "requested_at", YEAR_ZERO)
        told.now += timedelta(minutes=10)

        jobs.meter_clusters()

        (use,) = (use for use in told.uses() if use.resource_id == good)
        assert use.metered_until == int(told.now.timestamp())
