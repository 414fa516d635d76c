"""Versions of the workspace's modules, side by side in one process.

Python knows one module of a name. Of each version, the modules are put aside when another is put
in place, so that work that began with one goes on with it, and what is asked for later gets its
own. A version's files have a folder of their own: compiled files of another can't be taken for
them.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import importlib
import io
import json
import os
import shutil
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType
from typing import Any

from ramon_notebook.environment.modules import SETTINGS, WORK

MOST_KEPT = 8
"""Versions that are kept beside the newest; one that is needed again is fetched again."""

_wanted: ContextVar[str] = ContextVar("wanted", default="")
"""The version of the call that runs here."""

WAIT_SECONDS = 1.0
"""Longest time that an import waits for others: two may wait for each other's modules."""


class Versions:
    """The versions that this process has, in `folder`.

    The newest is in place, and an older one only while something of it is imported. Imports that
    may concern them wait for each other.

    newest: the version in place; "" before there is one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._prefix = f"{folder}{os.sep}"
        self._aside: dict[str, dict[str, ModuleType]] = {}
        self._names: set[str] = set()
        self._lock = threading.RLock()
        self._current = ""
        self._imports: tuple[Callable[..., Any], Callable[..., Any]] | None = None
        self.newest = ""

    def has(self, version: str) -> bool:
        """Whether its files are here."""
        return (self._folder / version / SETTINGS).exists()

    def add(self, archive: bytes) -> str:
        """Unpack a version; which one it is. Raises ValueError for files that lead elsewhere."""
        self._folder.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(dir=self._folder, prefix="half-"))
        try:
            settings = unpack(archive, half / WORK)
            version: str = settings["version"]
            (half / SETTINGS).write_text(json.dumps(settings))
            with self._lock:
                if not self.has(version):
                    half.rename(self._folder / version)
        finally:
            shutil.rmtree(half, ignore_errors=True)
        return version

    def files(self, version: str) -> Path:
        """The folder with a version's files."""
        return self._folder / version / WORK

    def put_in_place(self, version: str) -> None:
        """Let this be the newest version from now on."""
        with self._lock:
            if version != self.newest:
                self._switch(version)
                self.newest = version
                self._forget_old()

    @contextmanager
    def loading(self, version: str = "") -> Iterator[None]:
        """Have this version in place, and no other, while something of it is unpickled.

        It is that of the call that runs here, if it is not named. In a worker that has just begun
        again it is the first, and stays: a task may come before the newest version does.
        """
        with self._lock:
            before = self._current
            self._switch(version or _wanted.get() or before)
            try:
                yield
            finally:
                self._switch(before or self._current)

    def of_call(self) -> str:
        """The version of the call that runs here, or else the one in place."""
        return _wanted.get() or self._current

    @contextmanager
    def running(self, version: str) -> Iterator[None]:
        """Let what this thread imports be of this version."""
        token = _wanted.set(version)
        try:
            yield
        finally:
            _wanted.reset(token)

    def _switch(self, version: str) -> None:
        if version == self._current:
            return
        settings = json.loads((self._folder / version / SETTINGS).read_text())
        ours = {name: each for name, each in list(sys.modules.items()) if self._is_ours(each)}
        for name in ours:
            del sys.modules[name]
        if self._current:
            self._aside[self._current] = ours
            self._import_as_wanted()
        sys.modules.update(self._aside.pop(version, {}))
        self._arrange(self.files(version), settings)
        importlib.invalidate_caches()
        self._current = version

    def _is_ours(self, module: Any) -> bool:
        attributes = getattr(module, "__dict__", None) or {}
        places = [attributes.get("__file__"), *_folders(attributes.get("__path__"))]
        return any(str(place).startswith(self._prefix) for place in places if place)

    def _arrange(self, files: Path, settings: dict[str, Any]) -> None:
        """As in a kernel: the notebook's folder comes before packages, behind Python's own modules.

        What is only elsewhere in the workspace comes last.
        """
        others = [path for path in sys.path if not f"{path}{os.sep}".startswith(self._prefix)]
        near, far = ([files / path for path in settings[key]] for key in ("near", "far"))
        first = first_packages(others)
        sys.path[:] = [*others[:first], *map(str, near), *others[first:], *map(str, far)]
        for folder in (*near, *far):
            with contextlib.suppress(OSError):
                self._names |= {file.name.partition(".")[0] for file in folder.iterdir()}

    def _import_as_wanted(self) -> None:
        """From the second version on, let late imports find the version of their call."""
        if self._imports:
            return
        by_statement, by_name = builtins.__import__, importlib.import_module
        self._imports = (by_statement, by_name)

        @functools.wraps(by_statement)
        def imported(name: str, *args: Any, **kwargs: Any) -> Any:
            if not self._concerns(name, args):
                return by_statement(name, *args, **kwargs)
            with self._in_turn():
                return by_statement(name, *args, **kwargs)

        @functools.wraps(by_name)
        def imported_by_name(name: str, package: str | None = None) -> Any:
            with self._in_turn() if self._concerns(name, ()) else contextlib.nullcontext():
                return by_name(name, package)

        builtins.__import__ = imported
        importlib.import_module = imported_by_name

    def _concerns(self, name: str, args: tuple[Any, ...]) -> bool:
        is_relative = len(args) > 3 and args[3] > 0  # the level, of __import__
        return is_relative or name.startswith(".") or name.partition(".")[0] in self._names

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=WAIT_SECONDS):
            yield
            return
        try:
            with self.loading():
                yield
        finally:
            self._lock.release()

    def _forget_old(self) -> None:
        while len(self._aside) > MOST_KEPT:
            version = next(iter(self._aside))
            del self._aside[version]
            shutil.rmtree(self._folder / version, ignore_errors=True)


def unpack(archive: bytes, work: Path) -> dict[str, Any]:
    """Put the workspace's members of an archive of `Code.packed` into `work`; its settings.

    Raises ValueError for a member or a link that leads out of it.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as members:
        settings: dict[str, Any] = json.loads(members.read(SETTINGS))
        work.mkdir(parents=True, exist_ok=True)
        for name in members.namelist():
            top, _, rest = name.partition("/")
            if top == WORK and rest:
                target = inside(work, rest)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(members.read(name))
    for path, leads_to in settings["links"].items():
        link, target = inside(work, path), inside(work, leads_to)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(target, link.parent))
    return settings


def inside(folder: Path, path: str) -> Path:
    """The place of `path` in `folder`. Raises ValueError if it leads elsewhere."""
    place = Path(os.path.normpath(folder / path))
    if not place.is_relative_to(folder):
        raise ValueError(f"{path} leads out of the workspace.")
    return place


def first_packages(paths: list[str]) -> int:
    """Where in sys.path the installed packages begin, and Python's own modules end."""
    names = ("site-packages", "dist-packages")
    places = (at for at, path in enumerate(paths) if path.endswith(names))
    return next(places, len(paths))


def _folders(path: Any) -> list[Any]:
    """The folders of a package's `__path__`, which may be of any kind."""
    try:
        return list(path or ())
    except Exception:  # noqa: BLE001  # a namespace whose parent has gone raises what it likes
        return []
