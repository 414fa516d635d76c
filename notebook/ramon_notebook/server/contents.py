"""The files as JupyterLab sees them; a save that can't be kept fails aloud."""

from __future__ import annotations

import json
import os
from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado import web

from ramon_notebook.server.activity import Activity
from ramon_notebook.workspace.keeper import Keeper, full_message


class WorkspaceContents(AsyncLargeFileManager):
    """Jupyter's own file manager, which notes activity and refuses to outgrow the quota.

    `keeper` is None until the workspace is restored.
    """

    activity = Activity()
    keeper: Keeper | None = None

    async def get(self, path: str, content: bool = True, **kwargs: Any) -> dict[str, Any]:
        """Read; counts as activity when it is a file's content, as nothing asks for that by itself."""
        model: dict[str, Any] = await super().get(path, content=content, **kwargs)
        if content and model["type"] != "directory":
            self.activity.note()
        return model

    async def save(self, model: dict[str, Any], path: str = "") -> dict[str, Any]:
        """Write. Raises 507 with advice when the workspace would outgrow its quota."""
        self.activity.note()
        self._check_quota(model, path)
        saved: dict[str, Any] = await super().save(model, path)
        return saved

    async def rename_file(self, old_path: str, new_path: str) -> None:
        """Move."""
        self.activity.note()
        await super().rename_file(old_path, new_path)

    async def delete_file(self, path: str) -> None:
        """Delete; always possible."""
        self.activity.note()
        await super().delete_file(path)

    def _check_quota(self, model: dict[str, Any], path: str) -> None:
        keeper = self.keeper
        if keeper is None or not model.get("content"):
            return
        growth = _size(model) - self._size_now(path)
        if growth > max(keeper.free_bytes, 0) or (keeper.status.full and growth > 0):
            used = keeper.quota_bytes - keeper.free_bytes
            raise web.HTTPError(507, full_message(keeper.quota_bytes, used))

    def _size_now(self, path: str) -> int:
        try:
            return os.stat(self._get_os_path(path)).st_size
        except FileNotFoundError:
            return 0


def _size(model: dict[str, Any]) -> int:
    """Bytes that a model takes on disk, near enough."""
    content = model["content"]
    if not isinstance(content, str):
        return len(json.dumps(content, indent=1))
    if model.get("format") == "base64":
        return len(content) * 3 // 4
    return len(content.encode())

