"""Clusters over the API: what may be had, by whom, and what is said when it may not."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.test import Client

from tests.functional.clusters import WANTED, Home, at_home, recorded_cluster, recorded_worker
from tests.functional.conftest import Caller, signed_in


@pytest.fixture(scope="module")
def home(client: Client) -> Home:
    return at_home(signed_in(client, 700))


@pytest.fixture
def cluster(home: Home) -> Iterator[Any]:
    """A live cluster of the notebook, without workers."""
    made = home.agent.told("POST", "/agent/clusters", WANTED)
    yield made
    home.agent.told("POST", f"/agent/clusters/{made['id']}/stop")
    _close(made["id"])


def _close(cluster_id: str) -> None:
    """As the last step of the stop, which need not be waited for."""
    from chalicelib.clusters import jobs  # noqa: PLC0415  after the settings; see conftest

    jobs.close_cluster({"cluster_id": cluster_id})


def test_a_new_cluster_tells_its_price_at_once(home: Home, cluster: Any) -> None:
    price = cluster["price"]

    assert (cluster["name"], cluster["notebook_id"]) == ("sim", home.notebook_id)
    assert price == {
        "worker_usd_hour": "0.1296", "usd_hour": "0.0000", "now_usd_hour": "0.0000",
    }  # fmt: skip
    assert cluster["spent_usd"] == "0.000000"


def test_its_owner_sees_and_stops_it(home: Home, cluster: Any) -> None:
    path = f"/clusters/{cluster['id']}"

    listed = home.owner.told("GET", f"/clusters?state=live&notebook_id={home.notebook_id}")
    stopped = home.owner.told("POST", f"{path}/stop")

    assert [each["id"] for each in listed["items"]] == [cluster["id"]]
    assert stopped["state"] in ("stopping", "stopped")
    assert stopped["stop"] == {"reason": "user", "message": "You stopped it."}
    assert home.owner.told("GET", f"{path}/workers") == {"items": [], "next_cursor": None}
    assert home.owner.told("GET", f"{path}/history") == {"points": []}
    assert home.owner.told("GET", f"{path}/logs") == {"lines": [], "next_cursor": None}


def test_a_person_who_stops_it_in_the_notebook_is_told_from_code_that_closes_it(
    home: Home, cluster: Any
) -> None:
    path = f"/agent/clusters/{cluster['id']}/stop"

    stopped = home.agent.told("POST", path, {"by_person": True, "message": None})

    assert stopped["stop"] == {"reason": "user", "message": "You stopped it."}


def test_a_name_is_taken_until_the_cluster_has_ended(home: Home) -> None:
    wanted = {**WANTED, "name": "once"}
    first = home.agent.told("POST", "/agent/clusters", wanted)["id"]

    assert home.agent.refused("POST", "/agent/clusters", wanted) == (409, "name_taken")
    home.agent.told("POST", f"/agent/clusters/{first}/stop")
    _close(first)
    again = home.agent.told("POST", "/agent/clusters", wanted)["id"]

    found = home.agent.told("GET", "/agent/clusters?name=once")["items"]
    assert [each["id"] for each in found] == [again, first]
    home.agent.told("POST", f"/agent/clusters/{again}/stop")


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"name": "a" * 41}, (422, "invalid")),
        ({"workers": 1001}, (422, "invalid")),
        ({"vcpu": 0}, (422, "invalid")),
        ({"memory_gib": 513}, (422, "invalid")),
        ({"idle_minutes": 0}, (422, "invalid")),
        ({"purchase": "stolen"}, (422, "invalid")),
        ({"gpu": 1, "purchase": "spot"}, (422, "invalid")),
        ({"budget_usd": "-1"}, (422, "invalid")),
        ({"scheduler": {**WANTED["scheduler"], "address": "http://evil"}}, (422, "invalid")),
        ({"dashboard_path": "//evil.example"}, (422, "invalid")),
        ({"dashboard_path": "/../x"}, (422, "invalid")),
        ({"workers": 100, "budget_usd": "0.10"}, (422, "budget_too_small")),
        (
            {"workers": 100, "budget_usd": "0.10", "purchase": "spot_with_fallback"},
            (422, "budget_too_small"),
        ),
        ({"workers": 200}, (409, "too_many_vcpus")),
        (
            {"environment": {"python": "3", "lock": {"sha256": "0" * 64, "size": 1}}},
            (409, "blob_missing"),
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_can_not_be_had_is_refused_with_the_reason(
    changes: dict[str, Any], answer: tuple[int, str], home: Home
) -> None:
    assert home.agent.refused("POST", "/agent/clusters", {**WANTED, **changes}) == answer


def test_the_free_plan_has_no_clusters(client: Client) -> None:
    free = at_home(signed_in(client, 701), plan="free")

    assert free.agent.refused("POST", "/agent/clusters", WANTED) == (409, "plan_cluster")


def test_a_cluster_that_would_pass_the_monthly_limit_does_not_start(client: Client) -> None:
    from chalicelib.billing.models import BillingAccount  # noqa: PLC0415  after the settings

    poor = at_home(signed_in(client, 702))
    BillingAccount(poor.account_id, limit_kind="own", limit=0).save()
    wanted = {**WANTED, "workers": 1}

    assert poor.agent.refused("POST", "/agent/clusters", wanted) == (409, "limit_reached")


def test_an_agent_has_the_clusters_of_its_own_notebook_only(home: Home, cluster: Any) -> None:
    neighbour = at_home(home.owner)
    path = f"/agent/clusters/{cluster['id']}"

    assert neighbour.agent.refused("GET", path) == (404, "not_found")
    assert neighbour.agent.refused("POST", f"{path}/stop") == (404, "not_found")
    assert neighbour.agent.told("GET", "/agent/clusters") == {"items": []}


def test_a_report_keeps_a_cluster_and_tells_what_its_owner_wants(home: Home, cluster: Any) -> None:
    path = f"/agent/clusters/{cluster['id']}"
    told = {
        "joined": [], "clients": 2, "active": True,
        "tasks": {"waiting": 1, "processing": 2, "memory": 3, "erred": 0},
    }  # fmt: skip

    first = home.agent.told("POST", f"{path}/report", told)
    seen = home.owner.told("GET", f"/clusters/{cluster['id']}")
    home.owner.told("POST", f"/clusters/{cluster['id']}/stop")
    last = home.agent.told("POST", f"{path}/report", told)

    assert first == {"state": "running", "stop": None, "save": False, "wanted": 0}
    assert (seen["clients"], seen["tasks"]) == (2, told["tasks"])
    assert last["state"] in ("stopping", "stopped")
    assert last["stop"]["reason"] == "user"
    assert last["save"] is False


def test_a_cluster_that_has_stopped_tells_only_facts_of_its_end(home: Home, cluster: Any) -> None:
    path = f"/agent/clusters/{cluster['id']}"
    tasks = {"waiting": 111, "processing": 4, "memory": 3, "erred": 0}
    told = {"joined": [f"wk_{1:026d}"], "paused": 1, "clients": 2, "active": True, "tasks": tasks}
    home.agent.told("POST", f"{path}/report", told)
    before = home.owner.told("GET", f"/clusters/{cluster['id']}")

    home.owner.told("POST", f"/clusters/{cluster['id']}/stop")
    _close(cluster["id"])
    after = home.owner.told("GET", f"/clusters/{cluster['id']}")

    assert (before["tasks"], before["problem"]["code"], before["clients"]) == (tasks, "paused", 2)
    assert (after["tasks"], after["problem"], after["clients"]) == (None, None, None)
    assert (after["state"], after["stop"]["reason"]) == ("stopped", "user")


def test_workers_that_are_paused_are_a_problem_until_they_go_on(home: Home, cluster: Any) -> None:
    workers = [f"wk_{number:026d}" for number in (1, 2)]
    told = {"joined": workers, "clients": 1, "active": True}

    def problem(paused: int) -> Any:
        path = f"/agent/clusters/{cluster['id']}/report"
        home.agent.told("POST", path, {**told, "paused": paused})
        return home.owner.told("GET", f"/clusters/{cluster['id']}")["problem"]

    assert problem(0) is None
    assert problem(2)["code"] == "paused"
    assert problem(1)["message"].startswith("1 of 2 workers are paused: memory.")
    assert problem(0) is None


def test_a_cluster_that_has_ended_takes_no_orders(home: Home, cluster: Any) -> None:
    path = f"/agent/clusters/{cluster['id']}"
    home.agent.told("POST", f"{path}/stop")

    order = {"workers": 1, "retire": []}
    assert home.agent.refused("POST", f"{path}/scale", order) == (409, "ending")
    assert home.agent.told("POST", f"{path}/stop")["stop"]["reason"] == "closed"


def test_a_lost_scheduler_is_a_reason_of_its_own(home: Home, cluster: Any) -> None:
    path = f"/agent/clusters/{cluster['id']}"
    said = "The cluster's scheduler ended unexpectedly. Start the cluster again."

    assert home.agent.refused("POST", f"{path}/stop", {"message": ""}) == (422, "invalid")
    stopped = home.agent.told("POST", f"{path}/stop", {"message": said})

    assert stopped["stop"] == {"reason": "scheduler_lost", "message": said}
    assert home.agent.told("POST", f"{path}/stop", {})["stop"] == stopped["stop"]


def test_a_job_learns_its_orders_and_no_other_job_does(client: Client, home: Home) -> None:
    cluster_id = recorded_cluster(home.account_id, is_live=True)
    worker_id, token = recorded_worker(home.account_id, cluster_id, job_id="job-1")
    job = Caller(client, {"Authorization": f"Bearer {token}"})

    orders = job.told("POST", "/worker/boot", {"job_id": "job-1"})

    assert (orders["worker_id"], orders["cluster_id"]) == (worker_id, cluster_id)
    assert orders["scheduler"]["key"] == "d"
    assert orders["environment"] == {"python": "3.11", "lock": None, "modules": None}
    assert job.refused("POST", "/worker/boot", {"job_id": "job-2"}) == (410, "worker_ended")


def test_which_job_is_a_workers_is_never_learned_from_the_job(client: Client, home: Home) -> None:
    from chalicelib.clusters import attempts, crew  # noqa: PLC0415  after the settings; see conftest

    cluster_id = recorded_cluster(home.account_id, is_live=True)
    worker_id, token = recorded_worker(home.account_id, cluster_id)
    job = Caller(client, {"Authorization": f"Bearer {token}"})

    told = {"job_id": "another-one", "attempt": 99}
    assert job.refused("POST", "/worker/boot", told) == (425, "too_early")

    worker = crew.read(worker_id)
    assert (worker.job_id, attempts.newest(worker)) == (None, 0)


def test_a_worker_that_fails_shows_why(client: Client, home: Home) -> None:
    cluster_id = recorded_cluster(home.account_id, is_live=True)
    _, token = recorded_worker(home.account_id, cluster_id)
    job = Caller(client, {"Authorization": f"Bearer {token}"})
    why = "pandas 9.9.9 can't be installed. Install another version, and try again."

    job.told("POST", "/worker/failed", {"code": "environment", "message": why})

    seen = home.owner.told("GET", f"/clusters/{cluster_id}")
    assert seen["problem"] == {"code": "environment", "message": why}


def test_a_worker_of_a_cluster_that_has_ended_is_sent_away(client: Client, home: Home) -> None:
    cluster_id = recorded_cluster(home.account_id)
    _, token = recorded_worker(home.account_id, cluster_id)
    job = Caller(client, {"Authorization": f"Bearer {token}"})

    assert job.refused("POST", "/worker/boot", {"job_id": "job-1"}) == (410, "worker_ended")


def test_what_runs_now_is_told(home: Home) -> None:
    usage = home.owner.told("GET", "/usage/now")

    assert usage["running"] == []
    assert usage["usd_hour"] == "0.0000"
    assert home.agent.told("GET", "/agent/usage")["limit_usd"] == "200.00"


@pytest.mark.parametrize("query", ["state=dead", "limit=0", "cursor=abc"])
def test_a_listing_takes_sensible_questions_only(query: str, home: Home) -> None:
    status, _ = home.owner.refused("GET", f"/clusters?{query}")

    assert status == 422


def test_the_bill_counts_the_workers_of_a_cluster_that_are_charged(client: Client) -> None:
    from chalicelib.core import clock, db  # noqa: PLC0415
    from chalicelib.metering import service as metering  # noqa: PLC0415  after the settings

    home = at_home(signed_in(client, 731))
    cluster_id = recorded_cluster(home.account_id)
    for attempt in ("wk_1.1", "wk_2.1"):
        with db.transaction() as write:
            metering.open_in(
                write,
                metering.NewUse(
                    f"{cluster_id}.{attempt}", home.account_id, cluster_id, metering.Kind.CLUSTER,
                    "recorded", None, {"spot_vcpu_seconds": 1}, clock.seconds(),
                ),
            )  # fmt: skip

    running = home.owner.told("GET", "/billing")["running"]

    assert [(each["name"], each["workers"]) for each in running] == [("recorded", 2)]
