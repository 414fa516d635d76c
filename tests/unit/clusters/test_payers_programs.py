"""Whatever an account's own programs say, or leave unsaid, what Batch ran is owed.

Agents, schedulers and workers run the account's code. Each test lets one of them lie or be silent.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from chalicelib.billing import credited
from chalicelib.billing.models import BillingAccount
from chalicelib.clusters import attempts, crew, lifecycle, service, spending, views, worker
from chalicelib.clusters.agent_schemas import WorkerFailure
from chalicelib.clusters.states import ClusterEnd, WorkerEnd
from chalicelib.core.errors import Gone, TooEarly
from tests.unit.clusters.stories import ACCOUNT, Story, story

USD_SECOND = Decimal("0.000072")
"""A worker of 4 vCPUs and 8 GiB."""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    with story(monkeypatch) as begun:
        yield begun


def _closed(told: Story, cluster_id: str) -> Decimal:
    """Close a cluster, let its jobs end at this second, and give what it cost."""
    service.close(lifecycle.read(cluster_id))
    for _ in range(2):
        told.run_machines()
        told.end_asked()
    spent = lifecycle.read(cluster_id).spent
    assert spent is not None
    return spent


def test_workers_that_the_scheduler_leaves_out_are_charged(told: Story) -> None:
    cluster = told.cluster(workers=4)
    told.start_all()
    told.follow()
    told.now += timedelta(seconds=71)
    told.report(cluster, joined=[told.workers()[0].id])

    price = views.cluster(lifecycle.read(cluster)).price

    assert price.now_usd_hour == "1.0368"  # all four
    assert _closed(told, cluster) == 4 * 71 * USD_SECOND


def test_a_cluster_that_reports_nothing_is_charged_until_its_lease_ends_it(told: Story) -> None:
    cluster = told.cluster(workers=2)
    told.start_all()
    told.now += timedelta(seconds=200)
    told.sweep()
    told.run_machines()
    told.end_asked()
    told.run_machines()

    ended = lifecycle.read(cluster)

    assert (ended.stop_reason, ended.spent) == (ClusterEnd.LEASE_EXPIRED, 2 * 200 * USD_SECOND)


def test_a_silent_scheduler_that_grows_and_grows_is_charged_for_all_of_it(told: Story) -> None:
    cluster = told.cluster(workers=1)
    told.start_all()
    for workers in (2, 3):
        for _ in range(12):
            told.now += timedelta(seconds=30)
            told.report(cluster)
            told.sweep()
        service.scale(lifecycle.read(cluster), workers, [])
        told.run_machines()
        told.start_all()
    told.end_asked()

    # The first one was ended after ten minutes; the others ran for six and for none.
    assert told.workers()[0].end_reason is None
    assert _closed(told, cluster) == (600 + 120 + 360) * USD_SECOND


def test_an_attempt_that_a_worker_names_is_nobodys(told: Story) -> None:
    cluster = told.cluster(workers=1)
    told.start_all()
    told.follow()
    told.report(cluster, joined=[told.workers()[0].id])
    told.now += timedelta(seconds=40)

    assert attempts.newest(told.workers()[0]) == 1
    assert [use.id for use in told.uses()] == [f"{told.workers()[0].id}.1"]
    assert _closed(told, cluster) == 40 * USD_SECOND


def test_a_job_that_a_worker_names_is_not_taken_for_its_own(told: Story) -> None:
    told.cluster(workers=1)
    record = told.workers()[0]

    with pytest.raises(Gone):
        worker.boot(record, "another-job")
    record.job_id = None
    with pytest.raises(TooEarly):
        worker.boot(record, "another-job")

    assert told.workers()[0].job_id == "job-0"


def test_a_worker_that_says_that_it_failed_is_charged_for_as_long_as_it_runs(told: Story) -> None:
    cluster = told.cluster(workers=1)
    told.start_all()
    told.follow()
    why = WorkerFailure("environment", "pandas 9.9.9 can't be installed.")
    worker.failed(told.workers()[0], why.code, why.message)
    told.now += timedelta(seconds=50)
    told.exit_all(70)
    told.follow()
    told.run_machines()

    ended = lifecycle.read(cluster)

    assert (ended.state, ended.stop_reason) == ("failed", ClusterEnd.ENVIRONMENT)
    assert ended.spent == 50 * USD_SECOND


def test_a_worker_that_does_not_join_is_ended_after_ten_minutes_in_a_running_cluster(
    told: Story,
) -> None:
    cluster = told.cluster(workers=2)
    told.start_all()
    told.follow()
    first, second = told.workers()
    for _ in range(21):
        told.report(cluster, joined=[first.id])
        told.sweep()
        told.now += timedelta(seconds=30)

    assert lifecycle.read(cluster).state == "running"
    assert crew.read(first.id).leaving is None
    assert crew.read(second.id).leaving == WorkerEnd.NOT_JOINED
    assert "without joining" in (lifecycle.read(cluster).problem_message or "")
    assert told.batch.ending == {"job-1"}
    assert _closed(told, cluster) == 2 * 630 * USD_SECOND


def test_a_worker_that_could_not_say_that_it_joined_is_waited_for(told: Story) -> None:
    cluster = told.cluster(workers=1)
    told.start_all()
    told.follow()
    told.report(cluster)
    told.now += timedelta(minutes=11)
    told.sweep(hears=False)

    assert told.workers()[0].leaving is None


def test_a_start_that_nobody_is_told_of_is_billed_from_batchs_own_time(told: Story) -> None:
    cluster = told.cluster(workers=1)
    told.start_all()
    told.batch.events.clear()
    began = told.second()
    told.now += timedelta(seconds=45)
    told.meter()

    assert [use.started_at for use in told.uses()] == [began]
    assert _closed(told, cluster) == 45 * USD_SECOND


def test_a_computer_that_is_taken_away_early_is_free_whoever_has_joined(told: Story) -> None:
    cluster = told.cluster(workers=2)
    told.start_all()
    told.follow()
    told.report(cluster, joined=[told.workers()[0].id])
    told.now += timedelta(seconds=200)
    told.meter()
    for job_id in told.batch.in_state("RUNNING"):
        told.lose(job_id)
    told.follow()

    shown = views.workers(told.workers())

    assert told.spent() == 0
    assert [(each.seconds, each.spent_usd) for each in shown] == [(0, "0.000000")] * 2
    assert BillingAccount.get(ACCOUNT).free_usd == 2 * 200 * USD_SECOND


def test_a_worker_that_could_not_get_its_orders_is_free(told: Story) -> None:
    cluster = told.cluster(workers=2)
    told.start_all(orders=False)
    told.boot("job-1")
    told.now += timedelta(seconds=180)
    told.exit_all(70)
    told.follow()

    assert [use.credit is not None for use in told.uses()] == [True, False]
    told.run_machines()
    assert lifecycle.read(cluster).spent == 180 * USD_SECOND


def test_closing_a_cluster_before_its_workers_had_orders_does_not_make_them_free(
    told: Story,
) -> None:
    cluster = told.cluster(workers=1)
    told.start_all(orders=False)
    told.now += timedelta(seconds=20)

    assert _closed(told, cluster) == 20 * USD_SECOND


def test_a_computer_that_is_taken_away_later_is_charged(told: Story) -> None:
    cluster = told.cluster(workers=1)
    told.start_all()
    told.now += timedelta(minutes=5)
    told.lose("job-0")
    told.follow()

    assert _closed(told, cluster) == 300 * USD_SECOND


def test_only_a_dollar_a_day_is_free(told: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credited, "FREE_USD_DAY", 3 * 60 * USD_SECOND)
    told.cluster(workers=4)
    for _ in range(2):
        told.start_all()
        told.follow()
        told.now += timedelta(seconds=60)
        for job_id in told.batch.in_state("RUNNING"):
            told.lose(job_id)
        told.follow()
    assert told.spent() == 5 * 60 * USD_SECOND

    told.now += timedelta(days=1)
    told.start_all()
    told.follow()
    told.now += timedelta(seconds=60)
    told.lose("job-0")
    told.follow()

    assert told.spent() == 5 * 60 * USD_SECOND


@pytest.mark.parametrize("joined", [0, 3, 64])
def test_a_budget_holds_for_workers_that_nobody_says_have_joined(told: Story, joined: int) -> None:
    cluster = told.cluster(workers=64, budget="0.60")
    told.now += timedelta(seconds=1)
    told.start_all()
    while lifecycle.read(cluster).state != "stopping":
        told.now += timedelta(seconds=59)
        told.report(cluster, [each.id for each in told.workers()[:joined]])
        told.meter()
        told.now += timedelta(seconds=1)
    told.now += timedelta(seconds=spending.STOP_SECONDS)

    assert lifecycle.read(cluster).stop_reason == ClusterEnd.BUDGET
    assert _closed(told, cluster) <= Decimal("0.60")


def test_the_monthly_limit_holds_for_workers_that_nobody_says_have_joined(told: Story) -> None:
    BillingAccount(ACCOUNT, limit_kind="own", limit=Decimal("0.50")).save()
    cluster = told.cluster(workers=64)
    told.start_all()
    told.now += timedelta(seconds=60)
    told.meter()

    assert lifecycle.read(cluster).stop_reason == ClusterEnd.LIMIT


def test_a_job_that_batch_has_forgotten_is_charged_for_as_long_as_batch_knew_it(
    told: Story,
) -> None:
    cluster = told.cluster(workers=1)
    told.start_all()
    told.follow()
    told.now += timedelta(minutes=12)
    told.report(cluster)
    told.meter()
    told.now += timedelta(minutes=2)
    told.batch.jobs.clear()
    told.follow()
    told.now += timedelta(days=1)
    told.sweep()

    assert told.workers()[0].end_reason == WorkerEnd.LOST
    assert _closed(told, cluster) == 720 * USD_SECOND


def test_who_joins_before_batch_tells_of_the_start_runs_as_soon_as_it_does(told: Story) -> None:
    cluster = told.cluster(workers=1)
    told.start_all()
    told.now += timedelta(seconds=2)
    told.report(cluster, joined=[told.workers()[0].id])
    assert lifecycle.read(cluster).state == "starting"

    told.follow()

    assert lifecycle.read(cluster).state == "running"
    assert crew.state_of(told.workers()[0]) == "running"
