"""What a notebook is made from: the files of its first snapshot."""

import posixpath
from dataclasses import dataclass
from typing import Any

import msgspec

from chalicelib.accounts import service as accounts
from chalicelib.core import names
from chalicelib.notebooks import github_addresses
from chalicelib.notebooks.notebook_files import checked
from chalicelib.notebooks.schemas import BlankSource, GitHubSource, UploadSource
from chalicelib.notebooks.states import SourceKind
from chalicelib.storage import service as storage

_LONGEST_FILE_NAME = 255
"""Bytes of a file's name that Linux takes."""

_ENDING = ".ipynb"


@dataclass(frozen=True, slots=True)
class Seed:
    """The files to begin with, and words for where they are from."""

    files: dict[str, bytes]
    kind: SourceKind
    label: str | None


def gather(account_id: str, name: str, source: BlankSource | UploadSource | GitHubSource) -> Seed:
    """The files that `source` stands for.

    Raises `Invalid` when they are no notebook, `NotFound` or `TooLarge` when they can't be had.
    """
    match source:
        case UploadSource():
            filename, content = storage.read_upload(account_id, source.upload_id)
            return Seed({file_name(filename): checked(content)}, SourceKind.UPLOAD, filename)
        case GitHubSource():
            return _from_github(source.url)
        case BlankSource():
            return Seed({file_name(name): blank()}, SourceKind.BLANK, None)


def blank() -> bytes:
    """A notebook file with one empty cell."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cell: dict[str, Any] = {
        "id": "first",
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": "",
    }
    notebook = {
        "cells": [cell],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return msgspec.json.format(msgspec.json.encode(notebook), indent=1)


def _from_github(url: str) -> Seed:
    address = github_addresses.parse(url)
    readings = [(reading.ref, reading.path) for reading in address.readings]
    file = accounts.read_github_file(
        address.owner, address.repository, readings, storage.LARGEST_UPLOAD
    )
    label = f"{address.owner}/{address.repository}/{file.path} at {file.commit[:7]}"
    return Seed({file_name(file.path): checked(file.content)}, SourceKind.GITHUB, label)


def file_name(name: str) -> str:
    """The file name of a notebook, from a name that somebody typed or a file that they have.

    It keeps every character that a file name may hold, and is never hidden or too long.
    """
    base = posixpath.basename(name.replace("\\", "/"))
    if base.lower().endswith(_ENDING):
        base = base[: -len(_ENDING)]
    room = _LONGEST_FILE_NAME - len(_ENDING)
    stem = names.shortened(names.tamed(base).lstrip(". "), characters=room, size=room).rstrip()
    return f"{stem or 'Untitled'}{_ENDING}"
