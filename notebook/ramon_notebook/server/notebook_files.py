"""Jupyter's file manager, reading notebooks of every format and replacing files as a whole."""

# Jupyter's own subclasses are partly untyped and change their parents' signatures.
# mypy: allow-untyped-calls, disable-error-code="override"

from __future__ import annotations

import asyncio
import errno
import logging
from base64 import decodebytes
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import nbformat
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from nbformat.v4 import nbjson
from nbformat.v4.rwbase import rejoin_lines, strip_transient
from tornado import web
from traitlets import Instance, default

from ramon_notebook.errors import FileChanged
from ramon_notebook.execution.trust import Notary
from ramon_notebook.files import read_file, replace_file
from ramon_notebook.notebook_format import (
    NotANotebook,
    Notebook,
    check,
    encoded,
    parse,
    raised,
    serialized,
)

log = logging.getLogger(__name__)

FULL = (errno.ENOSPC, errno.EDQUOT)


class NotebookFiles(AsyncLargeFileManager):
    """Files for pages: a notebook is in nbformat 4.5 for them, whatever it was."""

    notary = Instance(Notary)

    @default("notary")
    def _our_notary(self) -> Notary:
        return Notary(parent=self)

    async def raise_on_disk(self, file: Path) -> None:
        """Raise a notebook to nbformat 4.5 in its file, so that every page gets the same ids.

        A file that is in order, is no notebook or can't be written stays as it is; one that
        is trusted stays so.
        """
        await asyncio.to_thread(_raise_on_disk, file, self.notary)

    async def create_checkpoint(self, path: str) -> dict[str, Any]:
        """Copy a file into the folder of checkpoints; a save does not fail for want of that.

        There may be no room for it: the folder can't be written, or the name is too long.
        """
        try:
            checkpoint: dict[str, Any] = await super().create_checkpoint(path)
        except (OSError, web.HTTPError) as error:
            log.info("%s has no checkpoint: %s", path, error)
            checkpoint = {"id": "checkpoint", "last_modified": datetime.now(UTC)}
        return checkpoint

    async def _read_notebook(
        self,
        os_path: str,
        as_version: int = 4,  # noqa: ARG002  # Jupyter's signature; it asks for no other
        capture_validation_error: dict[str, Any] | None = None,
        raw: bool = False,
    ) -> Any:
        content = cast("bytes", (await self._read_file(os_path, "byte"))[0])
        try:
            node = await asyncio.to_thread(_node, content, capture_validation_error)
        except NotANotebook as error:
            name = Path(os_path).name
            raise web.HTTPError(400, f"{name} can't be opened as a notebook: {error}.") from error
        return (node, content) if raw else node

    async def _save_notebook(
        self, os_path: str, nb: Any, capture_validation_error: dict[str, Any] | None = None
    ) -> None:
        text: str = await asyncio.to_thread(
            nbformat.writes, nb, nbformat.NO_CONVERT, capture_validation_error
        )
        await self._replace(os_path, encoded(text + "\n"))

    async def _save_file(self, os_path: str, content: str, kind: str | None) -> None:
        if kind not in ("text", "base64"):
            raise web.HTTPError(400, "Say the format of the file: text or base64.")
        try:
            data = content.encode() if kind == "text" else decodebytes(content.encode("ascii"))
        except ValueError as error:
            raise web.HTTPError(400, f"{Path(os_path).name} can't be saved: {error}") from error
        await self._replace(os_path, data)

    async def _replace(self, os_path: str, content: bytes) -> None:
        try:
            with self.perm_to_403(os_path):
                await asyncio.to_thread(replace_file, Path(os_path), content)
        except OSError as error:
            if error.errno in FULL:
                advice = "The disk is full, nothing was saved: delete files, then save again."
                raise web.HTTPError(507, advice) from error
            raise


def current(notebook: Any) -> Notebook:
    """What a page saves, in nbformat 4.5. Raises 400 for what is no notebook."""
    try:
        check(notebook)
        return raised(notebook)[0]
    except NotANotebook as error:
        raise web.HTTPError(400, f"This can't be saved as a notebook: {error}.") from error


def _raise_on_disk(file: Path, notary: Notary) -> None:
    try:
        looked = file.stat()
        content = read_file(file)
        notebook, changed = raised(parse(content))
        if changed and content.strip():
            trusted = _is_trusted(content, notary)
            replace_file(file, serialized(notebook), read=looked)
            if trusted:
                notary.sign_at(file, notebook)
    except (NotANotebook, FileChanged, OSError) as error:
        log.info("%s stays in the format that it has: %s", file, error)


def _is_trusted(content: bytes, notary: Notary) -> bool:
    try:
        return notary.check_signature(nbjson.to_notebook(parse(content)))
    except (AttributeError, KeyError, TypeError):  # it lacks a part that signing wants
        return False


def _node(content: bytes, validation_error: dict[str, Any] | None) -> Any:
    """A notebook file as Jupyter handles it, in nbformat 4.5."""
    try:
        node = rejoin_lines(nbformat.from_dict(raised(parse(content))[0]))
    except (TypeError, AttributeError, RecursionError) as error:
        raise NotANotebook(f"a part of it is not what it should be ({error!r})") from error
    try:
        nbformat.validate(node)
    except nbformat.ValidationError as error:
        if validation_error is not None:
            validation_error["ValidationError"] = error
    return strip_transient(node)
