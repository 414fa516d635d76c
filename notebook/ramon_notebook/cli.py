"""The console script ``ramon-notebook``.

Whatever can go on beside Jupyter's imports is started before them: the template that kernels
are forked from, and the thread that asks for the workspace and restores it.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from typing import NoReturn

from ramon_notebook.environment.overlay import Overlay
from ramon_notebook.kernels.client import ForkServer
from ramon_notebook.settings import Settings, SettingsError

EXIT_NOT_BOOTED = 70
"""The agent could not boot: bad settings, no service, or a workspace that can't be restored."""


def main() -> None:
    """Serve one notebook until told to stop; exits 0, 70 or 75 (see `server.run`)."""
    try:
        settings = Settings.take_from(os.environ)
        settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        overlay = Overlay.make(settings.overlay)
    except (SettingsError, OSError) as error:
        sys.exit(_failed(str(error)))
    os.environ.update(overlay.environ(os.environ))
    _protect_memory()
    faulthandler.register(signal.SIGUSR2)  # prints what every thread is doing
    fork_server = ForkServer.start(overlay.python, dict(os.environ))

    from ramon_notebook.startup import Startup

    startup = Startup(settings)

    from ramon_notebook.server.run import run

    _end(run(settings, startup, fork_server))


def _failed(message: str) -> int:
    sys.stderr.write(f"ramon-notebook: {message}\n")
    return EXIT_NOT_BOOTED


def _end(code: int) -> NoReturn:
    """End without taking the interpreter down piece by piece.

    Everything is saved by now, and threads in native code (the watcher's) may be caught out by
    an interpreter that is half gone.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _protect_memory() -> None:
    """Keep the user's own processes from reading our token in /proc/<pid>/environ or mem."""
    if sys.platform != "linux":
        return
    import ctypes

    pr_set_dumpable = 4
    ctypes.CDLL(None).prctl(pr_set_dumpable, 0, 0, 0, 0)
