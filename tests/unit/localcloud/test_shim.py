import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud import shim
from tests.unit.localcloud.waiting import alive, eventually

Start = Callable[..., subprocess.Popen[bytes]]

FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
loner = subprocess.Popen(
    ["setsid", "-f", sys.executable, "-c",
     "import os, time; open('loner', 'w').write(str(os.getpid())); time.sleep(600)"])
loner.wait()
while not (os.path.exists("loner") and open("loner").read()): time.sleep(0.01)
open("child", "w").write(str(child.pid))
{then}
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a Python program under a shim, which ends with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(program: str, command: list[str] | None = None) -> subprocess.Popen[bytes]:
        spec = {
            "command": command or [sys.executable, "-c", program],
            "environment": {"PATH": os.environ["PATH"]},
            "directory": str(tmp_path),
            "log": str(tmp_path / "log"),
            "record": str(tmp_path / "record"),
        }
        spec_file = tmp_path / "spec.json"
        spec_file.write_text(json.dumps(spec))
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", shim.__file__, str(spec_file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={},
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.stdin:
            process.stdin.close()
        process.wait(10)
        if process.stdout:
            process.stdout.close()


def read_record(tmp_path: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((tmp_path / "record").read_text())
    return record


def read_pid(file: Path) -> int:
    return int(eventually(lambda: file.exists() and file.read_text()))


def announced_pid(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout
    return int(process.stdout.readline().split()[1])


def send(process: subprocess.Popen[bytes], order: bytes) -> None:
    assert process.stdin
    process.stdin.write(order)
    process.stdin.flush()


def test_an_exit_is_recorded_with_its_code_and_its_output_is_logged(
    start: Start, tmp_path: Path
) -> None:
    process = start("print('hello'); raise SystemExit(3)")
    process.wait(10)
    record = read_record(tmp_path)
    assert (record["exit_code"], record["signal"], record["cause"]) == (3, None, "exited")
    assert (tmp_path / "log").read_text() == "hello\n"


def test_a_command_that_does_not_exist_is_recorded_as_not_started(
    start: Start, tmp_path: Path
) -> None:
    process = start("", command=["no-such-program"])
    assert process.stdout
    assert process.stdout.read() == b""
    process.wait(10)
    record = read_record(tmp_path)
    assert record["cause"] == "start_failed"
    assert "no-such-program" in record["error"]


def test_a_variable_that_cannot_be_passed_on_is_recorded_as_not_started(
    start: Start, tmp_path: Path
) -> None:
    process = start("", command=[sys.executable, "-c", "a\0b"])
    process.wait(10)
    assert read_record(tmp_path)["cause"] == "start_failed"


def test_term_reaches_the_command_alone_which_may_finish_its_work(
    start: Start, tmp_path: Path
) -> None:
    program = """
import signal, sys, time
def end(*_):
    open("flushed", "w").write("yes")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
while True: time.sleep(1)
"""
    process = start(program)
    announced_pid(process)
    eventually(lambda: (tmp_path / "log").read_text() == "ready\n")
    send(process, b"term\n")
    process.wait(10)
    assert (tmp_path / "flushed").read_text() == "yes"
    assert read_record(tmp_path)["exit_code"] == 0


def test_sigterm_to_the_shim_is_forwarded(start: Start, tmp_path: Path) -> None:
    process = start("import time; time.sleep(600)")
    announced_pid(process)
    process.terminate()
    process.wait(10)
    assert read_record(tmp_path)["exit_code"] == 128 + signal.SIGTERM


def test_kill_ends_a_command_that_ignores_sigterm(start: Start, tmp_path: Path) -> None:
    program = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
    process = start(program)
    pid = announced_pid(process)
    send(process, b"kill\n")
    process.wait(10)
    record = read_record(tmp_path)
    assert (record["exit_code"], record["signal"], record["cause"]) == (137, 9, "killed")
    assert not alive(pid)


def test_when_the_command_exits_its_children_and_their_runaways_are_killed(
    start: Start, tmp_path: Path
) -> None:
    process = start(FAMILY.format(then="raise SystemExit(0)"))
    process.wait(20)
    assert read_record(tmp_path)["exit_code"] == 0
    assert not alive(read_pid(tmp_path / "child"))
    assert not alive(read_pid(tmp_path / "loner"))


def test_when_the_launcher_dies_the_whole_tree_dies_and_the_time_is_recorded(
    start: Start, tmp_path: Path
) -> None:
    process = start(FAMILY.format(then="time.sleep(600)"))
    pid = announced_pid(process)
    child, loner = read_pid(tmp_path / "child"), read_pid(tmp_path / "loner")
    assert process.stdin
    process.stdin.close()
    process.wait(10)
    record = read_record(tmp_path)
    assert (record["cause"], record["exit_code"]) == ("launcher_gone", 137)
    assert record["finished_at"] <= (tmp_path / "record").stat().st_mtime
    assert not any(alive(each) for each in (pid, child, loner))


def test_when_the_shim_itself_is_killed_the_command_dies_too(start: Start) -> None:
    process = start("import time; time.sleep(600)")
    pid = announced_pid(process)
    process.kill()
    process.wait(10)
    eventually(lambda: not alive(pid))


def test_the_command_gets_the_given_environment_and_no_other(start: Start, tmp_path: Path) -> None:
    process = start("import os; print(sorted(os.environ))")
    process.wait(10)
    assert "PATH" in (tmp_path / "log").read_text()
    assert "HOME" not in (tmp_path / "log").read_text()
