"""Clusters, from the inside of a real notebook: what a cell says is what happens and is billed."""

import os
import signal
from collections.abc import Iterator

import pytest

from localcloud.testing import LocalCloud
from tests.cloud.clusters.rigs import Rig, agent_of, doctor, live_jobs, parts, sweep
from tests.people import Person
from tests.support import eventually

THREE_LINES = """
import ramon

def simulate(seed):
    import random
    return random.Random(seed).random()

with ramon.Cluster(n_workers=2, cpu=1, memory="1 GiB", budget="$5") as cluster:
    results = list(cluster.map(simulate, range(1000)))
    client = cluster.get_client()
    total = client.submit(sum, results).result()

print("as here:", results == [simulate(seed) for seed in range(1000)], total == sum(results))
"""

KEPT = """
import ramon
cluster = ramon.Cluster(2, name="kept", cpu=1, memory="1 GiB")
squares = [cluster.submit(pow, number, 2) for number in range(20)]
print(sum(square.result() for square in squares))
"""
FOUND = """
import ramon
cluster = ramon.Cluster.from_name("kept")
print(sorted(cluster.results(wait=True).values()))
"""

SLOW = """
import ramon, time

def slowly(number):
    time.sleep(0.3)
    return number

cluster = ramon.Cluster(2, name="slow", cpu=1, memory="1 GiB")
numbers = list(cluster.map(slowly, range(60), chunksize=1))
cluster.close()
"""
LEFT = """
import ramon
quiet = ramon.Cluster(1, name="left", cpu=1, memory="1 GiB", idle_timeout="1 minute", detached=True)
forty_two = quiet.get_client().submit(sum, [40, 2])
print(forty_two.result())
"""
ASKED = """
import ramon
try:
    quiet.submit(sum, [40, 2]).result()
except ramon.errors.ClusterStopped as stopped:
    print("told:", stopped)
"""
ON_A_BUDGET = """
import ramon
cluster = ramon.Cluster(1, name="thrifty", cpu=1, memory="1 GiB", budget="$0.0022", detached=True)
also_forty_two = cluster.get_client().submit(sum, [40, 2])
print(also_forty_two.result())
endless = cluster.get_client().submit(__import__("time").sleep, 3600)
"""
GROWN = """
import ramon
cluster = ramon.Cluster(0, name="grown", cpu=1, memory="1 GiB")
cluster.scale(8)
cluster.wait_for_workers()
eight = len(cluster.observed)
numbers = cluster.get_client().map(abs, range(80))
cluster.get_client().gather(numbers)
cluster.scale(2)
print("grown:", eight, len(cluster.observed))
print("kept:", cluster.get_client().gather(numbers) == list(range(80)))
"""
LARGE = """
import ramon
with ramon.Cluster(1, name="large", cpu=1, memory="4 GiB") as cluster:
    client = cluster.get_client()
    data = client.submit(bytes, 500_000_000)
    print("there:", client.submit(len, data).result())
    print("and back:", len(client.gather(client.scatter(bytes(500_000_000)))))
"""
UNREPORTED = """
import ramon, time

def hide(dask_scheduler=None):
    told = type(dask_scheduler).report_of_state
    def report_of_state(self):
        return {**told(self), "joined": told(self)["joined"][:1]}
    type(dask_scheduler).report_of_state = report_of_state

def process():
    time.sleep(1)
    import os
    return os.getpid()

cluster = ramon.Cluster(1, name="hidden", cpu=1, memory="1 GiB")
client = cluster.get_client()
client.run_on_scheduler(hide)
cluster.scale(3)
client.wait_for_workers(3)
print("computed by", len(set(client.run(process).values())))
cluster.close()
"""
"""A scheduler that is taught to leave workers out of what it reports."""


@pytest.fixture(scope="module")
def rig(ada: Person) -> Iterator[Rig]:
    """A notebook that runs, and a kernel in it."""
    with Rig(ada, "Clusters") as made:
        yield made


def test_three_lines_in_a_cell_give_results_and_leave_nothing_behind(
    rig: Rig, cloud: LocalCloud
) -> None:
    said = rig.run(THREE_LINES)

    assert "as here: True True" in said
    cluster = rig.newest()
    told = cluster.now
    assert (told["state"], told["stop"]["reason"], told["problem"]) == ("stopped", "closed", None)
    assert live_jobs(cloud) == []
    assert parts(cloud, "worker", "scheduler") == []
    workers = cluster.workers()
    assert [worker["state"] for worker in workers] == ["ended", "ended"]
    for worker in workers:
        (job,) = cloud.client("batch").describe_jobs(jobs=[cloud.batch.job(worker["id"])["id"]])[
            "jobs"
        ]
        # Batch's own milliseconds, cut to whole seconds as the ledger's segments are.
        assert worker["seconds"] == job["stoppedAt"] // 1000 - job["startedAt"] // 1000
    spent = sum(float(worker["spent_usd"]) for worker in workers)
    assert spent == pytest.approx(float(told["spent_usd"]))
    assert doctor(cloud) == ""


def test_workers_that_the_scheduler_hides_are_charged_by_batchs_own_times(
    rig: Rig, cloud: LocalCloud
) -> None:
    assert "computed by 3" in rig.run(UNREPORTED)

    workers = rig.newest().workers()

    assert len(workers) == 3
    jobs = [cloud.batch.job(worker["id"])["id"] for worker in workers]
    told = cloud.client("batch").describe_jobs(jobs=jobs)["jobs"]
    ran = {job["jobName"]: job["stoppedAt"] // 1000 - job["startedAt"] // 1000 for job in told}
    assert {worker["id"]: worker["seconds"] for worker in workers} == ran
    assert all(float(worker["spent_usd"]) > 0 for worker in workers)


def test_a_cluster_grows_from_nothing_and_shrinks_without_losing_a_result(rig: Rig) -> None:
    said = rig.run(GROWN)

    assert "grown: 8 2" in said
    assert "kept: True" in said
    cluster = rig.newest()

    def ended() -> list[str]:
        return [worker["end"]["reason"] for worker in cluster.workers() if worker["end"]]

    assert eventually(lambda: len(ended()) == 6, every=0.5)
    assert set(ended()) == {"retired"}
    assert cluster.now["problem"] is None
    rig.run("cluster.close()")
    assert cluster.until("stopped")["stop"]["reason"] == "closed"


def test_half_a_gigabyte_goes_there_and_back(rig: Rig) -> None:
    said = rig.run(LARGE)

    assert "there: 500000000" in said
    assert "and back: 500000000" in said


def test_a_killed_kernel_leaves_its_results_to_the_next_one(rig: Rig) -> None:
    assert rig.run(KEPT).endswith("2470\n")

    rig.kill_kernel()

    assert str([number**2 for number in range(20)]) in rig.run(FOUND)
    rig.run("cluster.shutdown_on_close = True; cluster.close()")
    assert rig.newest().now["stop"]["reason"] == "closed"


def test_a_killed_worker_is_replaced_and_its_work_is_in_the_results_once(
    rig: Rig, cloud: LocalCloud
) -> None:
    # Long enough that there is work left whenever the kill comes.
    rig.run(SLOW.replace("range(60)", "range(200)"), wait=False)
    cluster = rig.named("slow")
    eventually(lambda: cluster.now["workers"]["running"] == 2, every=0.5)
    lost = cluster.workers()[0]["id"]

    os.kill(cloud.batch.pid(lost), signal.SIGKILL)

    told = cluster.until("stopped", within=120)
    assert told["stop"]["reason"] == "closed"
    assert rig.run("numbers == list(range(200))").endswith("True")
    ends = {worker["id"]: worker["end"]["reason"] for worker in cluster.workers()}
    assert ends.pop(lost) == "failed"
    assert list(ends.values()) == ["cluster_stopped"] * 2


@pytest.mark.timeout(600)
def test_what_nobody_needs_or_can_pay_for_stops_by_itself_and_says_why(
    rig: Rig, cloud: LocalCloud
) -> None:
    assert rig.run(LEFT).endswith("42\n")
    idle = rig.newest()
    assert rig.run(ON_A_BUDGET).endswith("42\n")
    thrifty = rig.newest()
    rig.kill_kernel()
    # The minute of the one, and a part of what the other may cost.
    cloud.advance(60)
    sweep(cloud)

    for cluster, reason in ((idle, "idle"), (thrifty, "budget")):
        told = cluster.until("stopped", within=300)
        assert told["stop"]["reason"] == reason, told
        assert told["saved"]["results"] >= 1
    told = thrifty.now
    interval = float(told["price"]["worker_usd_hour"]) / 60
    assert float(told["spent_usd"]) < 0.0022 + interval
    assert rig.run("import ramon; list(ramon.saved_results('left').values())").endswith("[42]")
    assert doctor(cloud) == ""


def test_the_next_cell_is_told_why_a_cluster_has_gone(rig: Rig) -> None:
    rig.run(LEFT)
    rig.owner.ask("POST", f"/clusters/{rig.newest().id}/stop")
    rig.newest().until("stopped")

    assert "You stopped it" in rig.run(ASKED)


def test_a_notebook_that_is_stopped_keeps_its_clusters_results(
    ada: Person, cloud: LocalCloud
) -> None:
    with Rig(ada, "Evening") as rig:
        assert rig.run(KEPT).endswith("2470\n")
        cluster = rig.newest()

        rig.notebook.stop(within=120)

        told = cluster.until("stopped")
        assert (told["stop"]["reason"], told["saved"]["results"]) == ("notebook_stopped", 20)
        rig.notebook.start()
        rig.enter()
        saved = rig.run("import ramon; sum(ramon.saved_results('kept').values())")
        assert saved.endswith("2470")
    assert doctor(cloud) == ""


def test_every_worker_of_a_killed_notebook_is_gone_within_a_minute(
    ada: Person, cloud: LocalCloud
) -> None:
    with Rig(ada, "Doomed") as rig:
        rig.run(SLOW.replace("range(60)", "range(6000)"), wait=False)
        cluster = rig.named("slow")
        eventually(lambda: cluster.now["workers"]["running"] == 2, every=0.5)

        agent_of(cloud, cluster.now["server_id"]).kill()

        eventually(lambda: parts(cloud, "worker") == [])
        eventually(lambda: live_jobs(cloud) == [])
        assert cluster.until("stopped")["stop"]["reason"] == "notebook_lost"
        rig.notebook.until("failed")
    assert doctor(cloud) == ""
