"""A cluster stops before it passes its budget, whether anybody looks at it or not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from chalicelib.accounts.models import Account
from chalicelib.clusters import attempts, jobs, lifecycle
from chalicelib.clusters.models import Cluster
from chalicelib.clusters.states import ClusterEnd
from chalicelib.core import clock, db
from chalicelib.core.hearing import Heard
from chalicelib.metering import service as metering
from localcloud.tables import tables
from tests.unit.clusters.fake_batch import FakeBatch, FakeMachines

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


class Time:
    """A clock that stands until it is moved."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        patch.setattr(clock, "now", lambda: self.now)
        patch.setattr(clock, "seconds", lambda: int(self.now.timestamp()))


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Iterator[Time]:
    with tables(weighs=False):
        made = Time(monkeypatch)
        FakeMachines().install(monkeypatch)
        FakeBatch(clock.seconds).install(monkeypatch)
        Account("acc_1", login="ada", name="Ada", plan="lab", created_at=NOON).save()
        yield made


def _running(budget: str) -> Cluster:
    """A cluster with one worker of 4 vCPUs and 8 GiB, 0.2592 dollars an hour, that runs now."""
    cluster = Cluster(
        "cl_1", account_id="acc_1", notebook_id="nb_1", notebook_name="Mine", server_id="srv_1",
        name="sim", vcpu=4, memory_gib=8, gpu=0, purchase="on_demand", idle_minutes=20,
        python="3.11", state="running", state_since=NOON, created_at=NOON, started_at=NOON,
        wanted=1, members=1, unmade=0, live=lifecycle.LIVE_SHARDS.of("cl_1"),
        budget=Decimal(budget),
    )  # fmt: skip
    cluster.save()
    with db.transaction() as write:
        metering.open_in(
            write,
            metering.NewUse(
                "wk_1.1", "acc_1", "cl_1", metering.Kind.CLUSTER, "sim", None,
                attempts.units_of(cluster, "on_demand"), clock.seconds(),
            ),
        )  # fmt: skip
    return cluster


def test_it_runs_on_as_long_as_the_next_minute_and_its_stop_are_paid_for(time: Time) -> None:
    _running("0.10")
    time.now += timedelta(minutes=21)

    jobs.meter_clusters()

    assert lifecycle.read("cl_1").state == "running"


def test_it_stops_when_the_next_minute_and_its_stop_would_pass_the_budget(time: Time) -> None:
    _running("0.10")
    time.now += timedelta(minutes=21, seconds=10)

    jobs.meter_clusters()

    stopped = lifecycle.read("cl_1")
    assert (stopped.state, stopped.stop_reason) == ("stopping", ClusterEnd.BUDGET)
    assert stopped.stop_message == (
        "It has cost $0.09 of its budget of $0.10, and might have passed it within 2 minutes. "
        "Finished results are kept."
    )


@pytest.mark.parametrize(
    ("budget", "seconds", "said"),
    [
        ("0.01", 40, "$0.0028 of its budget of $0.01,"),
        ("0.01", 0, "nothing yet of its budget of $0.01,"),
        ("0.0101", 138, "$0.0099 of its budget of $0.0101,"),
        ("0.015", 200, "$0.014 of its budget of $0.015,"),
        ("2", 27_700, "$1.99 of its budget of $2.00,"),
    ],
)
def test_what_is_spent_is_told_in_as_many_digits_as_make_sense(
    time: Time, budget: str, seconds: int, said: str
) -> None:
    _running(budget)
    time.now += timedelta(seconds=seconds)
    if not seconds:  # it stops at once only if it has one worker more
        with db.transaction() as write:
            units = attempts.units_of(lifecycle.read("cl_1"), "on_demand")
            use = metering.NewUse(
                "wk_2.1",
                "acc_1",
                "cl_1",
                metering.Kind.CLUSTER,
                "sim",
                None,
                units,
                clock.seconds(),
            )
            metering.open_in(write, use)

    jobs.meter_clusters()

    assert said in (lifecycle.read("cl_1").stop_message or "")


def test_a_budget_is_said_to_be_used_up_only_when_it_is(time: Time) -> None:
    _running("0.10")
    time.now += timedelta(minutes=30)

    jobs.meter_clusters()

    message = lifecycle.read("cl_1").stop_message or ""
    assert message.startswith("Its budget of $0.10 is used up.")


@pytest.mark.parametrize(
    ("deaf_seconds", "state"),
    [(60, "stopping"), (101, "running"), (700, "running"), (701, "stopping")],
)
def test_no_cluster_is_stopped_for_money_while_it_could_not_save_for_ten_minutes_at_most(
    time: Time, deaf_seconds: int, state: str
) -> None:
    _running("0.10")
    time.now += timedelta(minutes=25)
    Heard("api", since=clock.seconds() - 3600, until=clock.seconds() - deaf_seconds).save()

    jobs.meter_clusters()

    assert lifecycle.read("cl_1").state == state


def test_what_is_recorded_already_counts(time: Time) -> None:
    _running("0.10")
    for _ in range(3):
        time.now += timedelta(minutes=7, seconds=10)
        metering.record_use(metering.Kind.CLUSTER, lambda _: True, clock.seconds())

    jobs.meter_clusters()

    assert lifecycle.read("cl_1").stop_reason == ClusterEnd.BUDGET
