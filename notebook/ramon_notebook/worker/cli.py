"""The console script ``ramon-worker``: it makes the overlay, and goes on in its interpreter."""

from __future__ import annotations

import os
import shutil
import sys
from typing import NoReturn

from ramon_notebook.environment.overlay import Overlay
from ramon_notebook.settings import SettingsError
from ramon_notebook.worker.settings import Settings, hand_over, receive

EXIT_NOT_BOOTED = 70

ENVIRON = {
    # Dask's own choices for workers; they count only when an interpreter starts.
    "PYTHONHASHSEED": "6640",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def main() -> NoReturn:
    """Become the worker; with an argument, what another interpreter handed over."""
    try:
        settings = receive(int(sys.argv[1]))[0] if sys.argv[1:] else Settings.take_from(os.environ)
        # A worker that starts again gets its packages anew: some may have been removed.
        shutil.rmtree(settings.overlay, ignore_errors=True)
        overlay = Overlay.make(settings.overlay)
    except (SettingsError, OSError) as error:
        sys.stderr.write(f"ramon-worker: {error}\n")
        sys.exit(EXIT_NOT_BOOTED)
    command = [str(overlay.python), "-P", "-m", "ramon_notebook.worker.main"]
    command.append(str(hand_over(settings)))
    environ = {**os.environ, **overlay.environ(os.environ), **ENVIRON}
    os.execve(overlay.python, command, environ)  # noqa: S606  # no shell is meant


if __name__ == "__main__":
    main()
