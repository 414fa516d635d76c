import os
import time
from pathlib import Path
from typing import Any

from localcloud.testing import LocalCloud, running, start
from tests.unit.localcloud.jobs import RETRY_ELSEWHERE, Jobs
from tests.unit.localcloud.tasks import WAIT_FOREVER
from tests.unit.localcloud.waiting import alive, eventually, parent_of

Images = dict[str, dict[str, Any]]

WITH_A_CHILD = f"""
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"],
                         start_new_session=True)
print(child.pid)
{WAIT_FOREVER}
"""


def again(cloud: LocalCloud, name: str) -> Jobs:
    """The jobs of a name after a restart."""
    jobs = object.__new__(Jobs)
    jobs.batch, jobs.cloud, jobs.name = cloud.client("batch"), cloud, name
    return jobs


def test_after_a_sigkill_jobs_have_ended_when_they_did_and_nothing_is_left(
    tmp_path: Path, images: Images
) -> None:
    cloud = start(tmp_path, images=images)
    jobs = Jobs(cloud, "c", maxvCpus=2)
    once, retried = jobs.submit(WITH_A_CHILD), jobs.submit(retryStrategy=RETRY_ELSEWHERE)
    waiting = jobs.submit("print('my turn')")
    for job_id in (once, retried):
        jobs.wait_for(job_id, "RUNNING")
    jobs.wait_for(waiting, "RUNNABLE")
    job = jobs.describe(once)
    child = int(eventually(lambda: jobs.lines(job))[0])
    mains = [cloud.batch.pid(once), cloud.batch.pid(retried)]
    pids = [*mains, *map(parent_of, mains), child]
    killed_at = int(time.time() * 1000)
    cloud.kill()
    eventually(lambda: not any(map(alive, pids)))
    started_again_at = time.time() * 1000
    with running(tmp_path, images=images) as second:
        jobs = again(second, "c")
        ended = jobs.describe(once)
        assert (ended["status"], len(ended["attempts"])) == ("FAILED", 1)
        assert ended["statusReason"].startswith("Host EC2 (instance i-")
        assert killed_at <= ended["stoppedAt"] <= started_again_at
        assert jobs.lines(ended)[0] == str(child)
        first = jobs.wait_for(retried, "RUNNING")["attempts"][0]
        assert killed_at <= first["stoppedAt"] <= started_again_at
        assert jobs.end_of(waiting)["status"] == "SUCCEEDED"


def test_a_job_whose_shim_was_killed_too_has_ended_and_left_nothing(
    tmp_path: Path, images: Images
) -> None:
    cloud = start(tmp_path, images=images)
    jobs = Jobs(cloud, "c")
    job_id = jobs.submit()
    jobs.wait_for(job_id, "RUNNING")
    pid = cloud.batch.pid(job_id)
    shim = parent_of(pid)
    cloud.process.kill()
    os.kill(shim, 9)
    cloud.kill()
    with running(tmp_path, images=images) as second:
        assert again(second, "c").end_of(job_id)["status"] == "FAILED"
        assert not alive(pid)


def test_a_graceful_end_takes_the_hosts_away(tmp_path: Path, images: Images) -> None:
    with running(tmp_path, images=images) as cloud:
        jobs = Jobs(cloud, "c")
        job_id = jobs.submit()
        jobs.wait_for(job_id, "RUNNING")
        pid = cloud.batch.pid(job_id)
    assert not alive(pid)
    with running(tmp_path, images=images) as second:
        ended = again(second, "c").describe(job_id)
        assert (ended["status"], len(ended["attempts"])) == ("FAILED", 1)
        assert ended["statusReason"].startswith("Host EC2 (instance i-")
        assert again(second, "c").environment("c")["status"] == "VALID"
        assert again(second, "c").queue("c")["status"] == "VALID"


def test_a_job_that_was_to_end_is_not_tried_again_after_a_sigkill(
    tmp_path: Path, images: Images
) -> None:
    cloud = start(tmp_path, images=images)
    jobs = Jobs(cloud, "c")
    stubborn = f"import signal; signal.signal(15, signal.SIG_IGN); print('ready')\n{WAIT_FOREVER}"
    job_id = jobs.submit(stubborn, retryStrategy=RETRY_ELSEWHERE)
    job = jobs.wait_for(job_id, "RUNNING")
    eventually(lambda: jobs.lines(job) == ["ready"])
    jobs.terminate(job_id)
    cloud.kill()
    with running(tmp_path, images=images) as second:
        ended = again(second, "c").end_of(job_id)
        assert (ended["statusReason"], len(ended["attempts"])) == ("enough", 1)


def test_a_move_of_the_clock_leaves_jobs_running_and_is_in_their_times(
    tmp_path: Path, images: Images
) -> None:
    with running(tmp_path, images=images) as cloud:
        jobs = Jobs(cloud, "c")
        job_id = jobs.submit()
        started = jobs.wait_for(job_id, "RUNNING")["startedAt"]
        cloud.advance(3600)
        assert jobs.describe(job_id)["status"] == "RUNNING"
        jobs.terminate(job_id)
        assert jobs.end_of(job_id)["stoppedAt"] - started >= 3_600_000
