"""Where a file can be: what is wrong with a path before anything is written to it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from ramon_notebook.server.spelling import problem

LONGEST_PATH = 4095
"""Bytes of a path that Linux takes, from the root of the file system (PATH_MAX)."""


class ImpossiblePlace(Exception):
    """A file can't be there; the text says why, for a person. status: for the page (HTTP)."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def check_place(root: Path, path: str, *, folder: bool) -> None:
    """Raises ImpossiblePlace unless a file, or a folder, can be at `path` below `root`."""
    if len(os.fsencode(root / path)) > LONGEST_PATH:
        raise ImpossiblePlace(400, f"A path can have {LONGEST_PATH} bytes. Shorten its names.")
    *folders, name = path.strip("/").split("/")
    here = root
    for each in folders:
        here /= each
        _check_folder(here)
    _check_file(here / name, folder=folder)


def _check_folder(here: Path) -> None:
    mode = _mode(here)
    if mode is None:
        missing = "is a link to what is not there" if here.is_symlink() else "is not there"
        raise ImpossiblePlace(404, f"The folder {here.name} {missing}.")
    if not stat.S_ISDIR(mode):
        raise ImpossiblePlace(400, f"{here.name} is a file, not a folder. Choose another place.")


def _check_file(file: Path, *, folder: bool) -> None:
    mode = _mode(file)
    if mode is None:
        if file.is_symlink() and not Path(os.path.realpath(file)).parent.is_dir():
            raise ImpossiblePlace(404, f"{file.name} is a link into a folder that is not there.")
    elif stat.S_ISDIR(mode) and not folder:
        raise ImpossiblePlace(400, f"{file.name} is a folder. Choose another name.")
    elif folder and not stat.S_ISDIR(mode):
        raise ImpossiblePlace(400, f"{file.name} is a file, not a folder. Choose another name.")


def _mode(file: Path) -> int | None:
    """What a file is; None if it is not there."""
    try:
        return file.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        why = problem(file.name) if error.errno == errno.ENAMETOOLONG else None
        if error.errno == errno.ELOOP:
            why = f"{file.name} is a link that leads in a circle."
        status = 403 if error.errno in (errno.EACCES, errno.EPERM) else 400
        raise ImpossiblePlace(status, why or f"{file.name}: {error.strerror}.") from error
