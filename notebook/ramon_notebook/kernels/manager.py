"""Jupyter's manager of one kernel, which tells the kernel's present process from earlier ones.

All processes of a kernel listen at the same addresses, one after the other. ZeroMQ would hand a
message that one process did not take in to the next one, and may deliver what a process said only
when the next one runs.
"""

# Jupyter's classes are partly untyped.
# mypy: allow-untyped-calls

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import zmq
from jupyter_client.session import new_id
from jupyter_server.services.kernels.kernelmanager import ServerKernelManager

IPYKERNEL = "ipykernel_launcher"

FORCED = ("SigtermRequest", "SigkillRequest")
"""How Jupyter ends a process that does not end when it is asked to."""


def takes_in(stream: Any) -> bool:
    """Whether a process is connected to a stream, and has room for a message."""
    taking = bool(stream.socket.get(zmq.EVENTS) & zmq.POLLOUT)
    stream.flush(zmq.POLLIN)  # whoever looks at the events must see to those that came
    return taking


class OneKernel(ServerKernelManager):
    """A kernel that recognizes its present process by the session which its messages name.

    speaks_as: the session of the process that runs, or is about to. Empty until the process is
    heard, if it can't be told its session (it is not ipykernel).
    last_heard: the session of the last message that the recorder got, of whatever process.
    died_with: the exit code of the last process that was asked to end, if it had died before.
    recorder_hears: set once the recorder hears the present process, and misses nothing it says.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.speaks_as = ""
        self.last_heard = self.session.session
        self.died_with: int | None = None
        self.recorder_hears = asyncio.Event()
        self._ended = ""

    def begin_anew(self) -> None:
        """Wait for the next process only: the present one has ended, or is about to."""
        self._ended = self.last_heard
        self.speaks_as = new_id()
        self.recorder_hears.clear()

    def heard(self, session: str) -> None:
        """The recorder got a message that names this session."""
        self.last_heard = session
        if not self.speaks_as and session != self._ended:
            self.speaks_as = session
        if session == self.speaks_as:
            self.recorder_hears.set()

    async def _async_launch_kernel(self, kernel_cmd: list[str], **kwargs: Any) -> None:
        """Start a process, and tell it which session to name."""
        self.begin_anew()
        if IPYKERNEL in kernel_cmd:
            kernel_cmd = [*kernel_cmd, f"--Session.session={self.speaks_as}"]
        else:
            self.speaks_as = ""
        await super()._async_launch_kernel(kernel_cmd, **kwargs)

    async def _async_shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        """End the process."""
        self.died_with = None  # not that of an earlier process, if this one is killed at once
        await super()._async_shutdown_kernel(now=now, restart=restart)

    async def _async_finish_shutdown(self, *args: Any, **kwargs: Any) -> None:
        """Wait for the end of a process that was asked to; note it if that came before."""
        process: Any = getattr(self.provisioner, "process", None)
        await super()._async_finish_shutdown(*args, **kwargs)
        code = process.poll() if process else None
        asked = self._shutdown_status.value in FORCED
        by_itself = code is not None and code < 0 and code != -signal.SIGINT and not asked
        self.died_with = code if by_itself else None

    def connect_shell(self, identity: bytes | None = None) -> Any:
        """A stream to the shell channel; what the present process does not take in is dropped."""
        with self._to_this_process_only():
            return super().connect_shell(identity)

    def connect_control(self, identity: bytes | None = None) -> Any:
        """A stream to the control channel, likewise."""
        with self._to_this_process_only():
            return super().connect_control(identity)

    def connect_stdin(self, identity: bytes | None = None) -> Any:
        """A stream to the stdin channel, likewise."""
        with self._to_this_process_only():
            return super().connect_stdin(identity)

    @contextmanager
    def _to_this_process_only(self) -> Iterator[None]:
        self.context.setsockopt(zmq.IMMEDIATE, 1)
        try:
            yield
        finally:
            self.context.setsockopt(zmq.IMMEDIATE, 0)

    def _connect_control_socket(self) -> None:
        """Connect the socket that asks the process to end, and drop what it did not take in."""
        # Or a process that dies while it starts leaves the request to end to the next one.
        super()._connect_control_socket()
        self._control_socket.linger = 0
