"""A process that has imported ipykernel and waits to be forked: ``python -m … FD``.

It speaks on the socket it inherits as descriptor FD, a JSON message a packet. To
``{"argv", "cwd", "env"}`` it answers ``{"pid"}`` with a descriptor beside it: a pipe that
carries the kernel's wait status as text when the kernel ends. To what it can't do exactly as
a fresh interpreter would, it answers ``{"refused": why}``. When the socket closes, the
server is gone: the kernels are killed, and the template ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import site
import socket
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

from ramon_notebook.environment import waiting

MAX_REQUEST = 1 << 18
"""Bytes; an environment larger than this starts the ordinary way."""

INTERPRETER_VARIABLES = ("PYTHON", "LD_", "MALLOC_")
"""Variables that are read once, when an interpreter starts."""

PRELOADED = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "comm",
    "faulthandler",
    "psutil",
    "sqlite3",
    "tornado.platform.asyncio",
)


def main() -> None:
    """Run until the server goes away; in a forked child, become the kernel."""
    # As ipykernel_launcher does: nothing is imported from the folder we happen to be in.
    del sys.path[0]
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    request = Template(control).serve()
    _become_kernel(request)


class Template:
    """The parent of all forked kernels."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._exits: dict[int, int] = {}
        self._packages = _package_stamps()
        self._variables = _interpreter_variables(dict(os.environ))
        _preload()

    def serve(self) -> dict[str, Any]:
        """Fork kernels until the server goes away; returns, with its request, in each child."""
        wake, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(wake, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj == wake:
                        os.read(wake, 4096)
                        self._reap()
                    else:
                        message = self._control.recv(MAX_REQUEST)
                        if not message:
                            self._end()
                        request = self._answer(json.loads(message))
                        if request is not None:
                            signal.set_wakeup_fd(-1)
                            os.close(wake)
                            os.close(wake_write)
                            return request

    def _answer(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """Answer one request; in the child that is to be the kernel, return it."""
        reason = self._why_not(request)
        if reason:
            self._control.send(json.dumps({"refused": reason}).encode())
            return None
        status_read, status_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.setsid()
            self._control.close()
            for descriptor in (status_read, status_write, *self._exits.values()):
                os.close(descriptor)
            return request
        self._exits[pid] = status_write
        answer = json.dumps({"pid": pid}).encode()
        socket.send_fds(self._control, [answer], [status_read])
        os.close(status_read)
        return None

    def _why_not(self, request: dict[str, Any]) -> str | None:
        """Why a fork would differ from a fresh interpreter, if it would."""
        if _package_stamps() != self._packages:
            return "packages were installed or removed"
        if _interpreter_variables(request["env"]) != self._variables:
            return "the interpreter's own variables differ"
        if threading.active_count() > 1:
            return "the template has threads"
        return None

    def _reap(self) -> None:
        """Report the kernels that have ended."""
        while self._exits:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            descriptor = self._exits.pop(pid)
            with contextlib.suppress(BrokenPipeError):  # nobody asks any more
                os.write(descriptor, str(os.waitstatus_to_exitcode(status)).encode())
            os.close(descriptor)

    def _end(self) -> NoReturn:
        for pid in self._exits:
            os.killpg(pid, signal.SIGKILL)
        sys.exit(0)


def _preload() -> None:
    """Import what a kernel imports before its first cell."""
    for name in PRELOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a collection in a child must not copy the pages they share


def _become_kernel(request: dict[str, Any]) -> None:
    """Be what ``python -m ipykernel_launcher`` would be."""
    # SIGINT stays ignored until ipykernel handles it: an interrupt or a restart would end a kernel
    # that is still starting, with a traceback.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    sys.argv = request["argv"]
    gc.unfreeze()
    # A fresh interpreter does so when it starts; the template started before there was a list.
    waiting.install()

    from ipykernel import kernelapp

    kernelapp.launch_new_instance()


def _package_stamps() -> dict[str, int]:
    """When each folder of installed packages (the overlay's, a user's) last gained or lost one."""
    folders = map(Path, [*site.getsitepackages(), site.getusersitepackages()])
    return {str(folder): folder.stat().st_mtime_ns for folder in folders if folder.is_dir()}


def _interpreter_variables(environ: dict[str, str]) -> dict[str, str]:
    return {
        name: value for name, value in environ.items() if name.startswith(INTERPRETER_VARIABLES)
    }


if __name__ == "__main__":
    main()
