"""Giving a worker what the notebook has: packages into the overlay, modules beside its work."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from ramon_notebook.environment.modules import SETTINGS, SITE, WORK
from ramon_notebook.environment.overlay import Overlay

INSTALL_SECONDS = 900
"""Seconds for all packages; large ones come from the network at first."""

SHOWN_LINES = 12
"""Lines of what the installer said that are shown: it names the package at the end."""


class NotTheSame(Exception):
    """The worker can't be given what the notebook has; the message says what to do."""


def check_python(wanted: str) -> None:
    """Raise NotTheSame unless this interpreter is of the notebook's version (3.11, say)."""
    here = platform.python_version()
    if here.split(".")[:2] != wanted.split(".")[:2]:
        raise NotTheSame(
            f"The notebook runs Python {wanted}, workers have {here}. Restart the notebook: it "
            "then runs the newest image, which is the workers' too."
        )


def install_packages(lock: bytes, overlay: Overlay) -> None:
    """Install every line of `lock`. Raises NotTheSame."""
    uv = Path(sys.executable).readlink().with_name("uv")
    with tempfile.NamedTemporaryFile(suffix=".txt") as file:
        file.write(lock)
        file.flush()
        command: list[str | Path] = [uv, "pip", "install", "--no-deps", "--no-progress"]
        command += ["--python", overlay.python, "--requirements", file.name]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise NotTheSame(
                f"The notebook's packages could not be installed within {INSTALL_SECONDS // 60} "
                "minutes. Remove what the workers don't need with %pip uninstall."
            ) from error
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-SHOWN_LINES:])
        raise NotTheSame(
            "A package that you installed in the notebook can't be installed on the workers. "
            "Remove it with %pip uninstall, or install it from an index or a repository that "
            f"workers can reach.\n{said}"
        )


def unpack_modules(archive: Path, work: Path, overlay: Overlay) -> list[str]:
    """Replace the modules in `work` by those in the archive; the folders for sys.path."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    targets = {WORK: work, SITE: overlay.packages}
    with zipfile.ZipFile(archive) as members:
        for member in members.infolist():
            top, _, rest = member.filename.partition("/")
            if top in targets and rest:
                target = targets[top] / rest
                if not Path(os.path.normpath(target)).is_relative_to(targets[top]):
                    raise NotTheSame(f"{member.filename} leads out of the workspace.")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(members.read(member))
        paths: list[str] = json.loads(members.read(SETTINGS))["paths"]
    return [str(work / path) for path in paths]
