import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from localcloud.launcher import SAME_CTRL_C_SECONDS
from localcloud.settings import PROJECT_ROOT
from localcloud.testing import LocalCloud, running, start
from tests.unit.localcloud.tasks import STUBBORN, WAIT_FOREVER, Tasks
from tests.unit.localcloud.waiting import alive, eventually

SAVING = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
while not os.path.exists({saved!r}): time.sleep(0.05)
"""
"""A task that ends once its work is said to be saved."""


def launch(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "localcloud", "--no-deploy"],
        cwd=PROJECT_ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_a_second_launcher_with_the_same_state_says_what_to_do(cloud: LocalCloud) -> None:
    second = launch(STATE_DIR=str(cloud.state_dir), PORT="0")
    assert second.returncode == 1
    assert str(cloud.process.pid) in second.stderr
    assert "STATE_DIR=" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_taken_port_says_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = launch(STATE_DIR=str(tmp_path), PORT=str(taken.getsockname()[1]))
    assert result.returncode == 1
    assert "PORT=9000" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("port", ["eighty", "-1", "70000", ""])
def test_a_port_that_is_none_says_so(tmp_path: Path, port: str) -> None:
    result = launch(STATE_DIR=str(tmp_path), PORT=port)
    assert result.returncode == 1
    assert "PORT must be a number" in result.stderr


@pytest.mark.parametrize("key", ["sk_live_abc", "rk_live_abc"])
def test_a_live_key_of_stripe_is_refused(tmp_path: Path, key: str) -> None:
    result = launch(STATE_DIR=str(tmp_path), PORT="0", STRIPE_API_KEY=key)
    assert result.returncode == 1
    assert "unset STRIPE_API_KEY" in result.stderr
    assert "abc" not in result.stderr
    assert "Traceback" not in result.stderr


def test_the_endpoint_file_is_for_its_owner_and_goes_with_the_launcher(tmp_path: Path) -> None:
    file = tmp_path / "endpoint.json"
    with running(tmp_path) as cloud:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        content = json.loads(file.read_text())
        assert content["pid"] == cloud.process.pid
        assert content["app_origin"] == f"http://localhost:{content['port']}"
        assert set(content["credentials"]) == {"access_key_id", "secret_access_key"}
    assert not file.exists()


def children(pid: int) -> list[int]:
    file = Path(f"/proc/{pid}/task/{pid}/children")
    below = [int(each) for each in file.read_text().split()] if file.exists() else []
    return below + [grandchild for child in below for grandchild in children(child)]


def with_a_task(state_dir: Path, images: dict[str, Any]) -> tuple[LocalCloud, list[int]]:
    cloud = start(state_dir, images=images)
    tasks = Tasks(cloud, "c")
    tasks.wait_for(tasks.run(WAIT_FOREVER), "RUNNING")
    pids = children(cloud.process.pid)
    assert len(pids) >= 2
    return cloud, pids


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_running_after_a_graceful_end(
    tmp_path: Path, images: dict[str, Any], number: signal.Signals
) -> None:
    cloud, pids = with_a_task(tmp_path, images)
    cloud.process.send_signal(number)
    output, _ = cloud.process.communicate(timeout=90)
    assert cloud.process.returncode == 0
    assert "Nothing is left running" in output
    assert not any(alive(pid) for pid in pids)


def test_nothing_is_left_running_after_a_sigkill(tmp_path: Path, images: dict[str, Any]) -> None:
    cloud, pids = with_a_task(tmp_path, images)
    cloud.kill()
    eventually(lambda: not any(alive(pid) for pid in pids))


def test_a_second_ctrl_c_ends_everything_at_once(tmp_path: Path, images: dict[str, Any]) -> None:
    cloud = start(tmp_path, images=images)
    tasks = Tasks(cloud, "c")
    arn = tasks.run(STUBBORN, {"stopTimeout": 100})
    eventually(lambda: tasks.output(arn) == "ready\n")
    pids = children(cloud.process.pid)
    cloud.process.send_signal(signal.SIGINT)
    eventually(lambda: tasks.describe(arn)["desiredStatus"] == "STOPPED")
    assert cloud.process.poll() is None

    def ends_when_asked_again() -> bool:
        cloud.process.send_signal(signal.SIGINT)  # too soon after the first, it is the same one
        return cloud.process.poll() is not None

    eventually(ends_when_asked_again)
    cloud.process.communicate()
    eventually(lambda: not any(alive(pid) for pid in pids))


def test_a_sigterm_that_comes_again_while_saving_ends_nothing_early(
    tmp_path: Path, images: dict[str, Any]
) -> None:
    """`timeout 60 make run` sends it to the group, and `make` sends it once more."""
    saved = tmp_path / "saved"
    cloud = start(tmp_path, images=images)
    tasks = Tasks(cloud, "c")
    arn = tasks.run(SAVING.format(saved=str(saved)), {"stopTimeout": 100})
    eventually(lambda: tasks.output(arn) == "ready\n")
    asked_at = time.monotonic()
    cloud.process.send_signal(signal.SIGTERM)
    eventually(lambda: tasks.describe(arn)["desiredStatus"] == "STOPPED")
    cloud.process.send_signal(signal.SIGINT)

    def has_been_asked_for_long() -> bool:
        cloud.process.send_signal(signal.SIGTERM)
        return time.monotonic() - asked_at > 3 * SAME_CTRL_C_SECONDS

    eventually(has_been_asked_for_long)
    assert cloud.process.poll() is None
    saved.touch()
    output, errors = cloud.process.communicate(timeout=90)
    assert cloud.process.returncode == 0
    assert "Nothing is left running" in output
    assert "Killed" not in f"{output}{errors}"
