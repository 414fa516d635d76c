"""What a notebook is made from: the files of its first snapshot."""

import posixpath
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from chalicelib.accounts import service as accounts
from chalicelib.core import config
from chalicelib.core.errors import Invalid
from chalicelib.notebooks.schemas import BlankSource, GitHubSource, NotebookFile, UploadSource
from chalicelib.storage import service as storage

_UNSAFE = re.compile(r"[^\w .()+,=@-]+")


@dataclass(frozen=True, slots=True)
class Seed:
    """The files to begin with, and words for where they are from."""

    files: dict[str, bytes]
    kind: str
    label: str | None


def gather(account_id: str, name: str, source: BlankSource | UploadSource | GitHubSource) -> Seed:
    """The files that `source` stands for.

    Raises `Invalid` when they are no notebook, `NotFound` or `TooLarge` when they can't be had.
    """
    match source:
        case UploadSource():
            filename, content = storage.read_upload(account_id, source.upload_id)
            return Seed({file_name(filename): checked(content)}, "upload", filename)
        case GitHubSource():
            return _from_github(source.url)
        case BlankSource():
            return Seed({file_name(name): blank()}, "blank", None)


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
    owner, repository, ref, path = _parts(url)
    file = accounts.read_github_file(owner, repository, ref, path, storage.LARGEST_UPLOAD)
    label = f"{owner}/{repository}/{path} at {file.commit[:7]}"
    return Seed({file_name(path): checked(file.content)}, "github", label)


def _parts(url: str) -> tuple[str, str, str, str]:
    """Owner, repository, ref and path from `https://github.com/owner/repo/blob/ref/path.ipynb`."""
    for base in (config.settings().github_web_base, "https://github.com"):
        if url.startswith(f"{base}/"):
            path = unquote(urlsplit(url.removeprefix(base)).path)
            parts = path.strip("/").split("/")
            fits = len(parts) >= 5 and parts[2] in ("blob", "raw") and ".." not in parts
            if fits and path.endswith(".ipynb") and path.isprintable():
                return parts[0], parts[1], parts[3], "/".join(parts[4:])
    raise Invalid(
        "Paste the address of a notebook's page on GitHub, such as "
        "https://github.com/owner/repository/blob/main/analysis.ipynb.",
        code="bad_github_url",
        field="source.url",
    )


def checked(content: bytes) -> bytes:
    """The content, if it is a notebook file of format 4. Raises `Invalid` saying what it is not."""
    try:
        notebook = msgspec.json.decode(content, type=NotebookFile)
    except msgspec.ValidationError as error:
        raise _not_a_notebook(f"it is not a Jupyter notebook ({error})") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_a_notebook("it is not JSON in UTF-8") from error
    if notebook.nbformat != 4:
        raise _not_a_notebook(
            f"it is in nbformat {notebook.nbformat}; convert it with “jupyter nbconvert --to "
            "notebook --nbformat 4”"
        )
    if any(cell.get("cell_type") not in ("code", "markdown", "raw") for cell in notebook.cells):
        raise _not_a_notebook("it has cells of a kind that Jupyter does not know")
    return content


def _not_a_notebook(why: str) -> Invalid:
    return Invalid(f"This file can't be used: {why}.", code="not_a_notebook", field="source")


def file_name(name: str) -> str:
    """A file name that every system takes, from a name that somebody typed."""
    base = posixpath.basename(name.replace("\\", "/")).removesuffix(".ipynb")
    stem = _UNSAFE.sub("-", base).strip(" .-")[:80] or "Untitled"
    return f"{stem}.ipynb"
