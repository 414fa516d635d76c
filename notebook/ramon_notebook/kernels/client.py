"""The server's end of the template process: asking it for kernels."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

from ramon_notebook.kernels.template import MAX_REQUEST

log = logging.getLogger(__name__)

ANSWER_SECONDS = 5.0
"""How long a kernel waits for the template before it starts the ordinary way."""


class ForkedKernel:
    """A kernel made by the template; the part of subprocess.Popen that Jupyter uses."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, status_pipe: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._status_pipe = status_pipe
        os.set_blocking(status_pipe, False)

    def poll(self) -> int | None:
        """The exit code once the kernel has ended (minus the signal's number), else None."""
        if self.returncode is None:
            try:
                report = os.read(self._status_pipe, 16)
            except BlockingIOError:
                return None
            os.close(self._status_pipe)
            # No report: the template died, and its kernels with it.
            self.returncode = int(report) if report else -signal.SIGKILL
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end. Raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
            time.sleep(0.02)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel itself."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has just ended, and the template is to tell
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End the kernel at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)


class ForkServer:
    """The one template process of this server, started as early as possible.

    python: the interpreter of its kernels.
    """

    def __init__(self, python: Path, control: socket.socket) -> None:
        self.python = python
        self._control = control
        self._lock = threading.Lock()
        self._usable = True

    @classmethod
    def start(cls, python: Path, environ: dict[str, str]) -> ForkServer:
        """Start the template in this interpreter; returns at once, it imports meanwhile."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        theirs.set_inheritable(True)
        command = [str(python), "-m", "ramon_notebook.kernels.template", str(theirs.fileno())]
        # Or debugpy complains into the log each time, about Python's own modules being frozen.
        quiet = {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        os.posix_spawn(python, command, environ | quiet)
        theirs.close()
        ours.settimeout(ANSWER_SECONDS)
        return cls(python, ours)

    def fork(self, argv: list[str], cwd: str, env: dict[str, str]) -> ForkedKernel | None:
        """A new kernel, or None when it must be started as a fresh interpreter."""
        request = json.dumps({"argv": argv, "cwd": cwd, "env": env}).encode()
        with self._lock:
            if not self._usable or len(request) >= MAX_REQUEST:
                return None
            try:
                self._control.send(request)
                answer, descriptors, _, _ = socket.recv_fds(self._control, 4096, 1)
            except OSError as error:
                self._give_up(str(error))
                return None
            if not answer:
                self._give_up("it has ended")
                return None
        parsed = json.loads(answer)
        if "pid" not in parsed:
            log.info("This kernel starts in a fresh interpreter: %s.", parsed["refused"])
            return None
        return ForkedKernel(parsed["pid"], descriptors[0])

    def _give_up(self, reason: str) -> None:
        log.warning("Kernels start in fresh interpreters from now on: the template: %s", reason)
        self._usable = False
        self._control.close()
