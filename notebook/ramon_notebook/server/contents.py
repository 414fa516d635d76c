"""The files as JupyterLab sees them; a save that can't be kept fails aloud."""

# Jupyter's own subclasses are partly untyped and change their parents' signatures.
# mypy: allow-untyped-calls, disable-error-code="override"

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from tornado import web

from ramon_notebook.execution.documents import after_move, real
from ramon_notebook.execution.saver import OutputSaver
from ramon_notebook.execution.saving import Saving
from ramon_notebook.execution.unnoticed import Unnoticed
from ramon_notebook.files import read_file
from ramon_notebook.server.activity import Activity
from ramon_notebook.server.notebook_files import NotebookFiles, current
from ramon_notebook.server.places import ImpossiblePlace, check_place
from ramon_notebook.server.spelling import as_on_disk, problem
from ramon_notebook.workspace.keeper import Keeper, full_message


class WorkspaceContents(NotebookFiles):
    """The files of the workspace: notes activity, and refuses to outgrow the quota.

    on_move: called with the places of files that were moved, old to new.
    """

    on_move: Callable[[dict[Path, Path]], Awaitable[None]]

    @cached_property
    def unnoticed(self) -> Unnoticed:
        """What pages are told of files into which outputs were written behind their backs."""
        return Unnoticed()

    def connect(
        self, activity: Activity, saver: OutputSaver, keeper: Callable[[], Keeper | None]
    ) -> None:
        """Introduce the other parts; `keeper` gives None until the workspace is restored."""
        self._activity = activity
        self._saver = saver
        self._keeper = keeper

    def file(self, path: str) -> Path:
        """Where a path of JupyterLab's is on disk. Raises 404 for one outside the workspace."""
        return Path(self._get_os_path(path))

    def _spelled(self, path: str) -> Path:
        """Where a path is on disk, spelled as it is given: that file may be gone."""
        file = Path(super()._get_os_path(path))
        return real(file.parent) / file.name

    def _get_os_path(self, path: str) -> str:
        """Where a path is on disk, however its names are composed."""
        found: str = super()._get_os_path(as_on_disk(Path(self.root_dir), path))
        return found

    async def get(self, path: str, content: bool = True, **kwargs: Any) -> dict[str, Any]:
        """Read; a file's content counts as activity, as no page asks for that by itself."""
        file = self.file(path)
        if not content or await self.dir_exists(path):
            model: dict[str, Any] = await super().get(path, content=content, **kwargs)
            if (known := self.unnoticed.as_known(file)) is not None:
                model["last_modified"] = known.last_modified
                model["hash"] = known.hash if model.get("hash") else None
            return model
        self._activity.note()
        async with self._saver.lock:
            await self._saver.save_for_reading(file)
            kind = kwargs.get("type")
            if kind == "notebook" or (kind is None and file.suffix == ".ipynb"):
                await self.raise_on_disk(file)
            model = await super().get(path, content=True, **kwargs)
            self.unnoticed.noticed(file)
        return model

    async def save(self, model: dict[str, Any], path: str = "") -> dict[str, Any]:
        """Write. Raises 507 with advice when the workspace would outgrow its quota."""
        self._check_place(path, folder=model.get("type") == "directory")
        saving = Saving.told(model.pop("ramon", None))
        if model.get("type") == "notebook" and isinstance(model.get("content"), dict):
            before = self._on_disk(path)
            model["content"] = current(model["content"])
            # A page saves outputs by itself, and as long as something changes them.
            if sources(model["content"]) != sources(before):
                self._activity.note()
            self._saver.widgets.put_into(model["content"], before=_metadata(before))
        else:
            self._activity.note()
        self._check_quota(model, path)
        file, notebook = self.file(path), model.get("content")
        async with self._saver.lock:
            saved: dict[str, Any] = await super().save(model, path)
            self.unnoticed.noticed(file)
            if model.get("type") == "notebook":
                await self._saver.saved_by_page(file, notebook, saving)
        return saved

    def check_and_sign(self, nb: NotebookNode, path: str = "", **_: Any) -> None:
        """Trust a notebook that a page saves, if that page shows outputs made here alone."""
        if self.notary.check_cells(nb):
            self.notary.sign_at(self.file(path), nb)

    async def rename_file(self, old_path: str, new_path: str) -> None:
        """Move; outputs of running cells go to where their notebook is then.

        Raises 400 or 404 with the reason for a place where no file may be.
        """
        self._activity.note()
        self._check_place(new_path, folder=await self.dir_exists(old_path))
        old, new = self.file(old_path), self.file(new_path)
        async with self._saver.lock:
            await self._saver.locate()
            was = real(old.parent) / old.name
            await super().rename_file(old_path, new_path)
            if not new.is_symlink():
                self._saver.moved(was, real(new))
            there = real(new.parent) / new.name
            self.unnoticed.moved({was: there})
            await self.on_move({was: there, self._spelled(old_path): there})

    def path_after_move(self, path: str, places: dict[Path, Path]) -> str:
        """JupyterLab's path of a file after files or folders were moved to new places."""
        was = self._spelled(path)
        now = after_move(was, places)
        return path if now == was else str(now.relative_to(real(Path(self.root_dir))))

    async def delete_file(self, path: str) -> None:
        """Delete; always possible. What the cells of a deleted notebook put out is dropped."""
        self._activity.note()
        async with self._saver.lock:
            await self._saver.locate()
            file = self.file(path)
            was = real(file.parent) / file.name
            await super().delete_file(path)
            self._saver.deleted(was)

    async def restore_checkpoint(self, checkpoint_id: str, path: str) -> None:
        """Bring back a file as it was when a person saved it."""
        async with self._saver.lock:
            await super().restore_checkpoint(checkpoint_id, path)

    def _check_place(self, path: str, *, folder: bool) -> None:
        """A file can be there, and a new one has a name that others can read.

        Those that are there may keep theirs. Raises 400, 403 or 404 with the reason.
        """
        root = Path(self.root_dir)
        try:
            check_place(root, as_on_disk(root, path), folder=folder)
        except ImpossiblePlace as error:
            raise web.HTTPError(error.status, str(error)) from error
        why = problem(path.rpartition("/")[2])
        if why and not os.path.lexists(self.file(path)):
            raise web.HTTPError(400, why)

    def _check_quota(self, model: dict[str, Any], path: str) -> None:
        keeper = self._keeper()
        if keeper is None or not model.get("content"):
            return
        growth = _size(model) - self._size_now(path)
        if growth > max(keeper.free_bytes, 0) or (keeper.status.full and growth > 0):
            used = keeper.quota_bytes - keeper.free_bytes
            raise web.HTTPError(507, full_message(keeper.quota_bytes, used))

    def _on_disk(self, path: str) -> Any:
        """The notebook of a file as it is now; None if there is none."""
        try:
            return json.loads(read_file(self.file(path)))
        except (OSError, ValueError):
            return None

    def _size_now(self, path: str) -> int:
        try:
            return self.file(path).stat().st_size
        except FileNotFoundError:
            return 0


def sources(notebook: Any) -> list[tuple[str, str]] | None:
    """What a person wrote in a notebook: each cell's kind and text; None if it is no notebook."""
    match notebook:
        case {"cells": list(cells)}:
            cells = [cell for cell in cells if isinstance(cell, dict)]
            return [(str(cell.get("cell_type")), _text(cell.get("source"))) for cell in cells]
    return None


def _text(source: Any) -> str:
    """A cell's text, which files may hold in lines."""
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _metadata(notebook: Any) -> dict[str, Any]:
    match notebook:
        case {"metadata": dict(metadata)}:
            return metadata
    return {}


def _size(model: dict[str, Any]) -> int:
    """Bytes that a model takes on disk, near enough."""
    content = model["content"]
    if not isinstance(content, str):
        return len(json.dumps(content, indent=1))
    if model.get("format") == "base64":
        return len(content) * 3 // 4
    return len(content.encode())
