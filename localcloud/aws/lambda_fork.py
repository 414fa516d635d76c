"""The launcher's end of the templates (see `lambda_template`), and of what they forked."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from localcloud.aws import lambda_template

KEPT = 4
"""Templates that are kept: the deployed code's, and those of deployments just before."""

_OF_ONE_FUNCTION = ("AWS_LAMBDA_", "AWS_ACCESS", "AWS_SECRET", "AWS_SESSION", "_HANDLER")


class Forked:
    """A process that a template forked: as much of `subprocess.Popen` as is needed."""

    def __init__(self, pid: int) -> None:
        self._pidfd = os.pidfd_open(pid)
        self._ended = False

    def poll(self) -> int | None:
        """None while it runs. Its exit status is known to its template alone."""
        return 0 if self._has_ended(0) else None

    def kill(self) -> None:
        """End it at once."""
        if not self._ended:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def wait(self) -> None:
        """Wait for its end."""
        self._has_ended(None)

    def _has_ended(self, timeout: float | None) -> bool:
        if not self._ended and select.select([self._pidfd], [], [], timeout)[0]:
            self._ended = True
            os.close(self._pidfd)
        return self._ended


class Template:
    """A started template. It ends with the launcher, whose end of the socket closes then."""

    def __init__(self, paths: list[Path], environment: dict[str, str]) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    lambda_template.__file__,
                    str(theirs.fileno()),
                    *map(str, paths),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=environment,
                cwd=paths[0],
                # Ctrl-C in a terminal goes to its whole group: functions are needed until the end.
                start_new_session=True,
            )
        self._lock = threading.Lock()

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def fork(self, environment: dict[str, str], descriptors: list[int]) -> Forked:
        """An execution environment; `descriptors` are requests, responses, lifeline, output."""
        with self._lock:
            message = json.dumps(environment).encode()
            socket.send_fds(self._channel, [message], descriptors)
            return Forked(int(self._channel.recv(32)))

    def close(self) -> None:
        """End it; what it forked goes on."""
        self._channel.close()
        self._process.wait()


class Templates:
    """The templates in use, one for each code and set of variables."""

    def __init__(self) -> None:
        self._templates: dict[str, Template] = {}
        self._lock = threading.Lock()

    def of(self, paths: list[Path], environment: dict[str, str]) -> Template:
        """The template for this code; functions that differ only in their handler share one."""
        shared = {
            name: value
            for name, value in environment.items()
            if not name.startswith(_OF_ONE_FUNCTION)
        }
        key = json.dumps([list(map(str, paths)), shared], sort_keys=True)
        with self._lock:
            template = self._templates.pop(key, None)
            if template is None or not template.is_alive:
                template = Template(paths, shared | {"_HANDLER": environment["_HANDLER"]})
            self._templates[key] = template
            self._close_oldest()
        return template

    def _close_oldest(self) -> None:
        while len(self._templates) > KEPT:
            self._templates.pop(next(iter(self._templates))).close()
