"""When a cluster has to stop, and what its owner is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.clusters import rules
from chalicelib.clusters.models import Cluster
from chalicelib.clusters.states import ClusterEnd
from chalicelib.core import clock
from chalicelib.core.hearing import Hearing

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
SECOND = int(NOON.timestamp())
HEARD = Hearing(since=0)
"""The service has heard everybody who spoke, for as long as it has been there."""


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    monkeypatch.setattr(clock, "seconds", lambda: SECOND)


def _cluster(**changes: Any) -> Cluster:
    fine: dict[str, Any] = {
        "state": "running",
        "idle_minutes": 20,
        "detached": False,
        "lease_expires_at": SECOND + 30,
        "last_active_at": NOON - timedelta(minutes=19),
        "reported_at": NOON,
        "join_by": SECOND - 100,
    }
    return Cluster("cl_1", account_id="acc_1", **(fine | changes))


def _reason(**changes: Any) -> ClusterEnd | None:
    order = rules.due(_cluster(**changes), HEARD)
    return order.reason if order else None


def test_what_is_in_order_goes_on() -> None:
    assert _reason() is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lease_expires_at": SECOND}, ClusterEnd.LEASE_EXPIRED),
        ({"last_active_at": NOON - timedelta(minutes=20)}, ClusterEnd.IDLE),
        ({"unclaimed_since": SECOND - 120}, ClusterEnd.NO_CLIENT),
        ({"unclaimed_since": SECOND - 119}, None),
        ({"unclaimed_since": SECOND - 9999, "detached": True}, None),
        ({"state": "starting"}, ClusterEnd.FAILED_START),
        ({"state": "starting", "join_by": SECOND + 1}, None),
        ({"state": "starting", "join_by": SECOND + 1, "last_active_at": None}, None),
    ],
    ids=str,
)
def test_each_rule_stops_what_it_is_for(changes: dict[str, Any], reason: ClusterEnd | None) -> None:
    assert _reason(**changes) is reason


def test_a_start_that_failed_says_what_was_in_the_way_and_what_is_charged() -> None:
    order = rules.due(_cluster(state="starting", problem_message="No computer was free."), HEARD)

    assert order is not None
    assert "No computer was free." in order.message
    assert "what workers ran is charged" in order.message


def test_one_minute_is_told_in_the_singular() -> None:
    before = NOON - timedelta(minutes=1)
    order = rules.due(_cluster(idle_minutes=1, last_active_at=before), HEARD)

    assert order is not None
    assert "for a minute" in order.message


@pytest.mark.parametrize(
    "changes",
    [
        {"lease_expires_at": SECOND},
        {"state": "starting"},
        {
            "last_active_at": NOON - timedelta(minutes=20),
            "reported_at": NOON - timedelta(seconds=1),
        },
        {"unclaimed_since": SECOND - 120, "reported_at": NOON - timedelta(seconds=1)},
        {"unclaimed_since": SECOND - 120, "reported_at": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("since", [None, SECOND - 100], ids=["deaf", "just heard again"])
def test_nothing_is_stopped_for_what_was_not_heard(
    changes: dict[str, Any], since: int | None
) -> None:
    assert rules.due(_cluster(**changes), Hearing(since)) is None
