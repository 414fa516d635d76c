"""The keeper of one container's processes, like containerd's shim.

Started as `python -I -S shim.py SPEC` (standard library only), it runs the command of SPEC in a
session of its own and outlives it just long enough to write down how it ended:

* stdin is a pipe held by the launcher. A line `term` sends SIGTERM to the command, `kill` ends
  everything; end of file means that the launcher died (even by SIGKILL), and ends everything.
* stdout gets one line once the command runs: `started PID`.
* The shim is a subreaper, so every descendant that loses its parent, also one that called
  setsid, becomes its child. When the command has exited, whatever is left is killed.

SPEC is a JSON file: {"command": [...], "environment": {...}, "directory", "log", "record"}. The
file named by `record` is written last: {"exit_code", "signal", "finished_at", "cause", "error"};
exit_code is 128 + signal where a signal ended the command, finished_at is epoch seconds, and
cause is one of `exited`, `killed`, `launcher_gone`, `start_failed`.
"""

import contextlib
import ctypes
import errno
import json
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
STDIN, STDOUT = 0, 1
RESTORED_SIGNALS = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGCHLD,
    signal.SIGPIPE,
    signal.SIGXFSZ,
)

Spec = dict[str, Any]


def prctl(option: int, value: int) -> None:
    """Set an attribute of this process; raises OSError where the kernel refuses."""
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def start(spec: Spec) -> int:
    """Start the command and return its process id; raises OSError if it cannot be executed."""
    shim = os.getpid()
    failure_reader, failure_writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become_command(spec, shim, failure_writer)
    os.close(failure_writer)
    with os.fdopen(failure_reader, "rb") as failure:
        code = failure.read()
    if code:
        os.waitpid(pid, 0)
        raise OSError(int(code), os.strerror(int(code)), spec["command"][0])
    return pid


def _become_command(spec: Spec, shim: int, failure_writer: int) -> NoReturn:
    """Turn this forked process into the command; an error number goes to the pipe."""
    try:
        os.setsid()
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != shim:
            os._exit(1)
        for number in RESTORED_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        _redirect(spec["log"])
        os.chdir(spec["directory"])
        command: list[str] = spec["command"]
        os.execvpe(command[0], command, spec["environment"])  # noqa: S606 - no shell is wanted
    except OSError as error:
        os.write(failure_writer, str(error.errno or errno.EIO).encode())
    except ValueError:  # a null byte in an argument or a variable
        os.write(failure_writer, str(errno.EINVAL).encode())
    finally:
        os._exit(127)


def _redirect(log: str) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


def descendants() -> list[int]:
    """Process ids of everything below this process, the nearest first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parent = _parent(entry.name)
            if parent is not None:
                children.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    level = [os.getpid()]
    while level:
        level = [child for pid in level for child in children.get(pid, [])]
        found += level
    return found


def _parent(pid: str) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1])
    except OSError:
        return None  # it ended while we were looking


def kill_tree() -> None:
    """Kill and reap every descendant, also those that are born meanwhile."""
    while True:
        for pid in descendants():
            _signal(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
        os.kill(pid, number)


class Supervisor:
    """Waits for the command's end or an order; `run` returns the exit record."""

    def __init__(self, pid: int, wakeup: int) -> None:
        self.pid = pid
        self.wakeup = wakeup
        self.status: int | None = None
        self.cause = "exited"

    def run(self) -> Spec:
        """Wait for the end and clean up; gives the exit record."""
        poller = select.poll()
        poller.register(STDIN, select.POLLIN | select.POLLHUP)
        poller.register(self.wakeup, select.POLLIN)
        while self.status is None:
            ready = {descriptor for descriptor, _ in poller.poll()}
            if self.wakeup in ready:
                os.read(self.wakeup, 4096)
                self._reap()
            if STDIN in ready and self.status is None:
                self._obey(os.read(STDIN, 4096))
        finished_at = time.time()
        kill_tree()
        return exit_record(self.status, self.cause, finished_at)

    def forward_term(self, *_: object) -> None:
        """Pass SIGTERM on to the command alone, as a container runtime does."""
        if self.status is None:
            _signal(self.pid, signal.SIGTERM)

    def _obey(self, orders: bytes) -> None:
        if not orders:
            self._kill("launcher_gone")
        elif b"kill" in orders:
            self._kill("killed")
        elif b"term" in orders:
            self.forward_term()

    def _kill(self, cause: str) -> None:
        self.cause = cause
        _signal(self.pid, signal.SIGKILL)
        _, self.status = os.waitpid(self.pid, 0)

    def _reap(self) -> None:
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self.pid:
                    self.status = status
        except ChildProcessError:
            return


def exit_record(status: int, cause: str, finished_at: float) -> Spec:
    """The record of a wait status as waitpid(2) gives it."""
    code = os.waitstatus_to_exitcode(status)
    return {
        "exit_code": code if code >= 0 else 128 - code,
        "signal": -code if code < 0 else None,
        "finished_at": finished_at,
        "cause": cause,
        "error": None,
    }


def write_record(path: str, record: Spec) -> None:
    """Write the record so that a reader sees all of it or nothing."""
    unfinished = f"{path}.new"
    Path(unfinished).write_text(json.dumps(record))
    Path(unfinished).replace(path)


def main(spec_path: str) -> None:
    """Run the command of the spec file from start to exit record."""
    spec: Spec = json.loads(Path(spec_path).read_text())
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    wakeup, wakeup_writer = os.pipe()
    for descriptor in (wakeup, wakeup_writer):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(wakeup_writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        pid = start(spec)
    except OSError as error:
        record = {"exit_code": None, "signal": None, "finished_at": time.time()}
        write_record(spec["record"], record | {"cause": "start_failed", "error": str(error)})
        return
    supervisor = Supervisor(pid, wakeup)
    signal.signal(signal.SIGTERM, supervisor.forward_term)
    _announce(pid)
    write_record(spec["record"], supervisor.run())


def _announce(pid: int) -> None:
    # If the launcher is gone, the end of file on stdin says so too.
    with contextlib.suppress(BrokenPipeError):
        os.write(STDOUT, f"started {pid}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1])
