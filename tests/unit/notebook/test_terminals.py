"""A terminal is busy while a command runs in its foreground, and not while its shell waits."""

import os
import pty
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from ramon_notebook.server.foreground import has_job
from tests.support import eventually
from tests.unit.notebook.conftest import Start
from tests.unit.notebook.fake_service import FakeService
from tests.unit.notebook.processes import descendants

READY = "prompt-is-ready"


@contextmanager
def terminal() -> Iterator[int]:
    """Our end of a terminal with a shell that waits at its prompt."""
    pid, descriptor = pty.fork()
    if pid == 0:
        # The shells in it read no settings of whoever runs the tests.
        os.environ |= {"PS1": "$ ", "HOME": os.devnull, "SHELL": "/bin/bash"}
        os.execvp("bash", ["bash", "--norc"])  # noqa: S606  the shell is what is tested
    try:
        os.set_blocking(descriptor, False)
        enter(descriptor, f"echo {READY[:6]}''{READY[6:]}")
        seen = ""

        def ready() -> bool:
            nonlocal seen
            seen += os.read(descriptor, 1 << 16).decode(errors="replace")
            return READY in seen

        eventually(ready)
        yield descriptor
    finally:
        started = descendants(pid)  # `script` outlives its terminal, and jobs their shell
        os.close(descriptor)
        for process in (*started, pid):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        os.waitpid(pid, 0)


def enter(descriptor: int, line: str) -> None:
    os.write(descriptor, f"{line}\n".encode())


def stays(descriptor: int, *, busy: bool) -> None:
    """Holds from some moment on, for a while: a shell passes through both when it starts a job."""
    eventually(lambda: all(has_job(descriptor) == busy for _ in range(30)))


@pytest.mark.parametrize(
    "command",
    [
        "sleep 60",
        "sleep 60 | cat",
        "(trap '' INT; sleep 60)",
        f"exec {sys.executable} -c 'import time; time.sleep(60)'",
        "sleep 60 & wait",
        "while :; do :; done",
        "bash -c 'sleep 60; true'",
        "set +m; sleep 60",
        "bash --norc -i <<< 'sleep 60'",
        "bash --norc -O globstar\nsleep 60",
        "script -q /dev/null\nsleep 60",
        "script -q -c 'sleep 60' /dev/null",
        "cat",
        "exec sleep 60",
    ],
)
def test_a_command_that_runs_makes_a_terminal_busy(command: str) -> None:
    with terminal() as descriptor:
        enter(descriptor, command)
        stays(descriptor, busy=True)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "sleep 60 &",
        "sleep 60 & disown",
        "true",
        "false | true",
        "bash --norc",
        "sh",
        "bash --norc\nsleep 60 &",
        "cd /; ls > /dev/null",
        "bash --rcfile /etc/profile",
        "bash -O globstar",
        "bash --norc +O extglob -o vi",
        "env -i bash --norc --noprofile",
        "dash -o vi",
        "script -q /dev/null",
        "script -q /dev/null\nscript -q /dev/null\nbash --norc -o emacs\nsleep 60 &",
    ],
)
def test_a_shell_at_its_prompt_does_not(command: str) -> None:
    with terminal() as descriptor:
        enter(descriptor, command)
        stays(descriptor, busy=False)


def test_a_job_that_is_stopped_or_ended_leaves_the_terminal_idle() -> None:
    with terminal() as descriptor:
        for key in (b"\x1a", b"\x03"):
            enter(descriptor, "sleep 60")
            stays(descriptor, busy=True)
            os.write(descriptor, key)
            stays(descriptor, busy=False)


def test_a_terminal_that_is_closed_is_not_busy() -> None:
    with terminal() as descriptor:
        enter(descriptor, "sleep 60")
        stays(descriptor, busy=True)
        closed = os.dup(descriptor)
        os.close(closed)
        assert not has_job(closed)


def test_a_command_in_a_terminal_keeps_the_notebook_awake_until_it_ends(
    service: FakeService, start: Start
) -> None:
    browser = start().browser()
    name = browser.request("POST", "/api/terminals", {}, Accept="*/*").json["name"]
    browser.type_into_terminal(name, "sleep 60\r")
    eventually(lambda: service.heartbeats and service.heartbeats[-1]["busy_terminals"] == 1)
    first = service.heartbeats[-1]["last_activity"]
    eventually(lambda: service.heartbeats[-1]["last_activity"] > first)
    browser.type_into_terminal(name, "\x03")
    eventually(lambda: service.heartbeats[-1]["busy_terminals"] == 0)
    last = service.heartbeats[-1]["last_activity"]
    count = len(service.heartbeats)
    eventually(lambda: len(service.heartbeats) > count + 3)
    assert service.heartbeats[-1]["last_activity"] == last
