"""Giving a worker what the notebook has: packages into the overlay, modules into its work."""

from __future__ import annotations

import contextlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from ramon_notebook.environment.modules import SITE
from ramon_notebook.environment.overlay import Overlay
from ramon_notebook.environment.versions import inside

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


def unpack_site(archive: bytes, overlay: Overlay) -> None:
    """Put the files of packages in an archive of `Code.packed` into the overlay.

    Raises NotTheSame for one that leads elsewhere.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as members:
        for name in members.namelist():
            top, _, rest = name.partition("/")
            if top == SITE and rest:
                try:
                    target = inside(overlay.packages, rest)
                except ValueError as error:
                    raise NotTheSame(str(error)) from error
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(members.read(name))


def mirror(files: Path, work: Path, before: Path) -> None:
    """Let the folder of work have these files, instead of those of `before`.

    What a task has written there itself stays, and so does what it changed in a file that is as
    it was.
    """
    new, old = _tree(files), _tree(before)
    for path in sorted(old - new, reverse=True):
        with contextlib.suppress(OSError):  # a folder in which a task has written something
            place = work / path
            place.rmdir() if place.is_dir() and not place.is_symlink() else place.unlink()
    for path in sorted(new):
        if path not in old or not _alike(files / path, before / path):
            _copy(files / path, work / path)


def _tree(folder: Path) -> set[Path]:
    found = {Path(at, name) for at, folders, files in os.walk(folder) for name in folders + files}
    return {path.relative_to(folder) for path in found if "__pycache__" not in path.parts}


def _alike(one: Path, other: Path) -> bool:
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()
    return one.is_dir() or (other.is_file() and one.read_bytes() == other.read_bytes())


def _copy(source: Path, target: Path) -> None:
    if target.is_symlink() or (target.exists() and not source.is_dir()):
        target.unlink()
    if source.is_symlink():
        target.symlink_to(source.readlink())
    elif source.is_dir():
        target.mkdir(exist_ok=True)
    else:
        shutil.copyfile(source, target)
