"""A browser for the tests: the machine's Chromium, or Debian's if there is none."""

import os
import shutil
from pathlib import Path

from ops.setup.progress import StepFailed, announced, run

NAMES = ("chromium", "chromium-browser", "google-chrome")
"""Programs that the browser tests can drive, the preferred one first."""


def find() -> str | None:
    """Path of the browser on this machine, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def ensure() -> None:
    """Install Debian's Chromium unless a browser is there. Needs root, and says so."""
    if find():
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise StepFailed(
            "The browser tests need Chromium, and installing it needs root. Do it once:\n"
            "    sudo apt-get install chromium"
        )
    with announced("Chromium, for the browser tests"):
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update"], cwd=Path("/"), env=env)
        packages = ["chromium", "fonts-dejavu-core"]
        run(
            ["apt-get", "install", "--yes", "--no-install-recommends", *packages],
            cwd=Path("/"),
            env=env,
        )
