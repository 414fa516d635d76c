import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import pytest

from localcloud.batch.switches import SwitchRefused
from localcloud.settings import PROJECT_ROOT
from localcloud.testing import LocalCloud
from tests.unit.localcloud.jobs import RETRY_ELSEWHERE, Jobs, refused
from tests.unit.localcloud.waiting import alive, eventually


@pytest.fixture(scope="module")
def spot(cloud: LocalCloud) -> Jobs:
    return Jobs(cloud, "faults-spot", type="SPOT")


@pytest.fixture(autouse=True)
def in_order_again(cloud: LocalCloud, spot: Jobs) -> Iterator[None]:
    yield
    cloud.batch.reset()
    for job in cloud.batch.jobs():
        if job["status"] not in ("SUCCEEDED", "FAILED"):
            spot.terminate(job["id"])
            spot.end_of(job["id"])


def stuck(jobs: Jobs, job_id: str) -> str:
    """Why a job stays RUNNABLE."""
    reason: str = eventually(lambda: jobs.describe(job_id).get("statusReason"))
    assert jobs.describe(job_id)["status"] == "RUNNABLE"
    return reason


def test_without_capacity_jobs_wait_and_say_so_until_there_is_some(
    cloud: LocalCloud, spot: Jobs
) -> None:
    cloud.batch.no_capacity("SPOT")
    first, second = spot.submit("pass"), spot.submit("pass")
    assert stuck(spot, first).startswith("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY")
    assert "statusReason" not in spot.describe(second)
    cloud.batch.capacity()
    assert spot.end_of(first)["status"] == spot.end_of(second)["status"] == "SUCCEEDED"


def test_the_next_environment_of_the_queue_helps_out(cloud: LocalCloud, spot: Jobs) -> None:
    spot.make_environment("faults-on-demand")
    spot.make_queue("faults-both", "faults-spot", "faults-on-demand")
    cloud.batch.no_capacity("SPOT")
    job_id = spot.submit(jobQueue="faults-both")
    spot.wait_for(job_id, "RUNNING")
    assert cloud.batch.job(job_id)["environment"] == "faults-on-demand"


def test_a_job_that_loses_its_host_is_tried_again_elsewhere(cloud: LocalCloud, spot: Jobs) -> None:
    job_id = spot.submit(retryStrategy=RETRY_ELSEWHERE)
    spot.wait_for(job_id, "RUNNING")
    before = cloud.batch.job(job_id)
    assert cloud.batch.lose_spot(job_id) == [job_id]
    eventually(lambda: cloud.batch.job(job_id)["attempt"] == 2 and cloud.batch.job(job_id)["pid"])
    after = cloud.batch.job(job_id)
    assert not alive(before["pid"])
    assert after["instance"] != before["instance"]
    attempt = spot.wait_for(job_id, "RUNNING")["attempts"][0]
    assert attempt["statusReason"] == f"Host EC2 (instance {before['instance']}) terminated."
    assert "exitCode" not in attempt["container"]
    assert attempt["startedAt"] <= attempt["stoppedAt"]


def is_running(cloud: LocalCloud, job_id: str, attempt: int) -> bool:
    job = cloud.batch.job(job_id)
    return (job["status"], job["attempt"]) == ("RUNNING", attempt)


def test_a_job_is_tried_as_often_as_its_strategy_says(cloud: LocalCloud, spot: Jobs) -> None:
    job_id = spot.submit(retryStrategy=RETRY_ELSEWHERE | {"attempts": 2})
    for attempt in (1, 2):
        eventually(partial(is_running, cloud, job_id, attempt))
        assert cloud.batch.lose_spot("faults-spot") == [job_id]
    ended = spot.end_of(job_id)
    assert (ended["status"], len(ended["attempts"])) == ("FAILED", 2)
    assert ended["statusReason"].startswith("Host EC2 (instance i-")


def test_a_program_that_fails_is_not_retried_where_only_hosts_are(spot: Jobs) -> None:
    ended = spot.end_of(spot.submit("raise SystemExit(70)", retryStrategy=RETRY_ELSEWHERE))
    assert (ended["status"], len(ended["attempts"])) == ("FAILED", 1)


def test_a_killed_process_fails_its_job(cloud: LocalCloud, spot: Jobs) -> None:
    job_id = spot.submit(jobName="victim")
    spot.wait_for(job_id, "RUNNING")
    os.kill(cloud.batch.pid("victim"), signal.SIGKILL)
    assert spot.end_of(job_id)["container"]["exitCode"] == 137


def test_a_slow_host_keeps_its_job_runnable(cloud: LocalCloud, spot: Jobs) -> None:
    cloud.batch.slow_start(1.5)
    job = spot.end_of(spot.submit("pass"))
    assert job["startedAt"] - job["createdAt"] >= 1500


def test_a_job_can_be_cancelled_before_its_host_is_up(cloud: LocalCloud, spot: Jobs) -> None:
    cloud.batch.slow_start(600)
    job_id = spot.submit()
    eventually(lambda: cloud.batch.job(job_id)["instance"])
    spot.batch.cancel_job(jobId=job_id, reason="changed my mind")
    job = spot.end_of(job_id)
    assert (job["statusReason"], job["attempts"]) == ("changed my mind", [])
    assert job["isCancelled"]


def test_a_running_job_is_not_cancelled(spot: Jobs) -> None:
    job_id = spot.submit()
    spot.wait_for(job_id, "RUNNING")
    spot.batch.cancel_job(jobId=job_id, reason="too late")
    assert spot.describe(job_id)["status"] == "RUNNING"


def test_the_quota_of_vcpus_is_told_by_the_environment(cloud: LocalCloud, spot: Jobs) -> None:
    cloud.batch.quota(vcpus=1)
    running, waiting = spot.submit(), spot.submit()
    spot.wait_for(running, "RUNNING")
    assert stuck(spot, waiting).startswith("CAPACITY:")
    reason = spot.environment("faults-spot")["statusReason"]
    assert "more vCPU capacity than your current vCPU limit of 1 allows" in reason
    spot.terminate(running)
    spot.wait_for(waiting, "RUNNING")
    assert spot.environment("faults-spot")["statusReason"] == "ComputeEnvironment Healthy"


def test_an_environment_runs_no_more_than_its_maximum(cloud: LocalCloud) -> None:
    jobs = Jobs(cloud, "faults-small", maxvCpus=2)
    ids = [jobs.submit() for _ in range(3)]
    for job_id in ids[:2]:
        jobs.wait_for(job_id, "RUNNING")
    assert jobs.wait_for(ids[2], "RUNNABLE").get("statusReason") is None
    assert jobs.environment("faults-small")["computeResources"]["desiredvCpus"] == 2
    jobs.terminate(ids[0])
    jobs.wait_for(ids[2], "RUNNING")


@pytest.mark.parametrize(
    ("needs", "reason"),
    [
        ({"type": "VCPU", "value": "9"}, "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE"),
        ({"type": "GPU", "value": "1"}, "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"),
    ],
)
def test_a_job_that_fits_nowhere_says_why(spot: Jobs, needs: dict[str, str], reason: str) -> None:
    job_id = spot.submit(containerOverrides={"resourceRequirements": [needs]})
    assert stuck(spot, job_id).startswith(reason)


def test_the_account_may_have_so_many_environments_and_queues(
    cloud: LocalCloud, spot: Jobs
) -> None:
    cloud.batch.quota(environments=1, queues=1)
    with refused("Limit of 1 compute environments reached"):
        spot.make_environment("one-too-many")
    with refused("Limit of 1 job queues reached"):
        spot.make_queue("one-too-many", "faults-spot")


def test_people_switch_by_command(cloud: LocalCloud) -> None:
    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "localcloud.batch", *arguments],
            cwd=PROJECT_ROOT,
            env=os.environ | {"STATE_DIR": str(cloud.state_dir)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    assert "no_capacity ['EC2', 'SPOT']" in run("no-capacity")
    assert "vcpus 16" in run("quota", "--vcpus", "16")
    assert "none, nothing like that runs" in run("lose-spot", "nothing")
    assert "no_capacity []" in run("reset")


def test_switches_that_are_not_there_are_refused(cloud: LocalCloud) -> None:
    with pytest.raises(SwitchRefused, match="EC2, SPOT"):
        cloud.batch.no_capacity("FARGATE")
    with pytest.raises(SwitchRefused, match="no switch 'gpus'"):
        cloud.batch.quota(gpus=1)
    with pytest.raises(SwitchRefused, match="not less than 0"):
        cloud.batch.slow_start(-1)
