"""The parts of JupyterLab's page that packages bring: Jupyter calls them "labextensions"."""

# Jupyter's classes are partly untyped.
# mypy: allow-untyped-calls

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from jupyterlab_server import config
from tornado import web

log = logging.getLogger(__name__)


def find_parts(labextensions_path: list[str]) -> dict[str, Any]:
    """The parts in these folders, by name; the first folder wins.

    JupyterLab's own function fails if a single one is malformed, and the whole page with it.
    """
    found: dict[str, Any] = {}
    for folder in labextensions_path:
        for file in _descriptions(folder):
            try:
                part = _read(folder, file)
            except (OSError, ValueError, KeyError, TypeError) as error:
                log.warning("A part of the page is left out, %s: %r", file, error)
                continue
            found.setdefault(part["name"], part)
    return found


def left_out(folders: Iterable[str]) -> list[str]:
    """The names of the parts that are malformed: of their folders, as nothing else is sure."""
    return [
        file.parent.relative_to(folder).as_posix()
        for folder in folders
        for file in _descriptions(folder)
        if not _is_sound(folder, file)
    ]


def tolerate_malformed_parts() -> None:
    """Let JupyterLab's page open without the parts that are malformed."""
    config.get_federated_extensions = find_parts


class PartsHandler(ExtensionHandlerMixin, APIHandler):
    """GET /ramon/parts: the parts that the page would have if it were loaded now."""

    _track_activity = False

    @web.authenticated
    async def get(self) -> None:
        """{"parts": [{name, load}]}; `load` is another for each version of a part."""
        app: Any = self.extensionapp
        parts = find_parts([*app.extra_labextensions_path, *app.labextensions_path])
        told = [
            {"name": name, "load": part["jupyterlab"]["_build"]["load"]}
            for name, part in parts.items()
            if "_build" in part["jupyterlab"]
        ]
        await self.finish(json.dumps({"parts": told}))


def _descriptions(folder: str) -> Iterator[Path]:
    """What describes each part: they lie in a folder each, or one below a folder `@someone`."""
    yield from sorted(Path(folder).glob("[!@]*/package.json"))
    yield from sorted(Path(folder).glob("@*/*/package.json"))


def _is_sound(folder: str, file: Path) -> bool:
    try:
        _read(folder, file)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def _read(folder: str, file: Path) -> dict[str, Any]:
    """One part, as JupyterLab describes it. Raises ValueError, KeyError or TypeError."""
    about = json.loads(file.read_text("utf-8"))
    lab = about.get("jupyterlab", {}) if isinstance(about, dict) else None
    if not isinstance(lab, dict):
        raise TypeError("It is not described as it should be.")
    if "_build" in lab and not isinstance(lab["_build"]["load"], str):
        raise TypeError("It does not say what is to be loaded.")
    if not isinstance(lab.get("disabledExtensions", []), list):
        raise TypeError("What it disables is no list.")
    return {
        "name": str(about["name"]),
        "version": str(about["version"]),
        "description": str(about.get("description", "")),
        "url": str(about.get("homepage", "")),
        "ext_dir": folder,
        "ext_path": str(file.parent),
        "is_local": False,
        "dependencies": about.get("dependencies", {}),
        "jupyterlab": lab,
    }
