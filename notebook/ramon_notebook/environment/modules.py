"""The user's own Python files, packed so that the same files always make the same bytes."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ramon_notebook.environment.watch import Reader
from ramon_notebook.workspace.ignore import IGNORE_FILE, IgnoreRules

MOST_BYTES = 50 << 20
"""Most bytes of modules that workers get: modules are code, data is read from where it is."""

MOST_PACKAGE_FILE = 1 << 20
"""Bytes; a larger file inside a package is data, unless it is a compiled module."""

MODULES = frozenset({".py", ".so"})

SETTINGS = "modules.json"
"""The member that says how the rest is used: see `Code.settings`."""

WORK, SITE = "work", "site"
"""Where the members go: into the workspace, or into the worker's site-packages."""


@dataclass(frozen=True)
class Found:
    """The modules and packages of a workspace.

    files: by their path in the workspace. links: folders that are symbolic links, by path, with
        the path in the workspace that each leads to.
    looked_at: every file and folder on which this answer depends.
    unnameable: what workers don't get because its name is not UTF-8, as no member of a zip may be.
    """

    files: Mapping[str, Path]
    links: Mapping[str, str]
    looked_at: Sequence[Path] = field(repr=False)
    unnameable: Sequence[str] = ()

    def names(self) -> set[str]:
        """Every name under which a module or package here may be imported."""
        paths = [PurePosixPath(path) for path in (*self.files, *self.links)]
        parts = {part for path in paths for part in path.parts[:-1]}
        return parts | {path.name.partition(".")[0] for path in paths}


@dataclass(frozen=True)
class Code:
    """What a workspace's modules are at one moment.

    near, far: folders of the workspace for sys.path, the former before and the latter behind
        what is installed.
    contents: by path in the workspace. version: of all of it; equal content, equal version.
    """

    contents: Mapping[str, bytes] = field(repr=False)
    links: Mapping[str, str]
    near: Sequence[str]
    far: Sequence[str]
    version: str

    @classmethod
    def read(
        cls, found: Found, near: Sequence[str], far: Sequence[str], reader: Reader | None = None
    ) -> Code:
        """Read the files, by a reader that may know some; what has just gone is left out."""
        known = (reader or Reader()).read(found.files.values())
        read = {path: known[file] for path, file in found.files.items() if file in known}
        digests = [(path, file.digest) for path, file in read.items()]
        everything = [digests, sorted(found.links.items()), [*near], [*far]]
        version = hashlib.sha256(json.dumps(everything).encode()).hexdigest()[:32]
        contents = {path: file.content for path, file in read.items()}
        return cls(contents, found.links, near, far, version)

    @property
    def settings(self) -> dict[str, object]:
        """How the files are used, as JSON."""
        return {
            "version": self.version,
            "links": dict(self.links),
            "near": list(self.near),
            "far": list(self.far),
        }

    def packed(self, site: Mapping[str, Path] | None = None) -> bytes:
        """A zip of it, and of the files of packages in `site`. Equal content makes equal bytes."""
        members = {f"{WORK}/{path}": content for path, content in self.contents.items()}
        members |= {f"{SITE}/{path}": file.read_bytes() for path, file in (site or {}).items()}
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            _add(archive, SETTINGS, json.dumps(self.settings, sort_keys=True).encode())
            for name in sorted(members):
                _add(archive, name, members[name])
        return buffer.getvalue()


def modules_of(workspace: Path, rules: IgnoreRules) -> Found:
    """Find the workspace's modules and packages.

    Links to folders are followed as long as they stay in the workspace; each folder is looked at
    once, however many links lead to it.
    """
    rules.refresh()
    walk = _Walk(workspace, rules)
    walk.look()
    files, links = dict(sorted(walk.files.items())), dict(sorted(walk.links.items()))
    return Found(files, links, walk.looked_at, walk.unnameable)


def is_utf8(name: str) -> bool:
    """Whether a name can travel: Python reads other bytes of names as lone surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name)  # of 1980, whenever the file was written
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, content)


class _Walk:
    """One walk through a workspace."""

    def __init__(self, workspace: Path, rules: IgnoreRules) -> None:
        self._root = workspace.resolve()
        self._rules = rules
        self._in_package: dict[Path, bool] = {}
        self._waiting = [Path()]
        self.files: dict[str, Path] = {}
        self.links: dict[str, str] = {}
        self.looked_at: list[Path] = [self._root / IGNORE_FILE]
        self.unnameable: list[str] = []

    def look(self) -> None:
        """Look at every folder once."""
        while self._waiting:
            folder = self._waiting.pop()
            if folder not in self._in_package:
                self._look_into(folder)

    def _look_into(self, folder: Path) -> None:
        self.looked_at.append(self._root / folder)
        try:
            with os.scandir(self._root / folder) as listing:
                items = sorted(listing, key=lambda item: item.name)
        except OSError:
            items = []  # it has just gone, or is not ours to read
        is_package = any(item.name == "__init__.py" for item in items)
        self._in_package[folder] = is_package or self._in_package.get(folder.parent, False)
        for item in items:
            if is_utf8(item.name):
                self._take(item, folder)
            else:
                self.unnameable.append((folder / item.name).as_posix())

    def _take(self, item: os.DirEntry[str], folder: Path) -> None:
        path = folder / item.name
        if item.is_symlink():
            self.looked_at.append(self._root / path)
        if _is_folder(item):
            hidden = item.name.startswith(".")
            if not hidden and not self._rules.ignores(path.as_posix(), is_dir=True):
                self._go_on(item, path)
        elif self._may_be_code(item, folder) and not self._rules.ignores(path.as_posix()):
            self.looked_at.append(self._root / path)
            if _is_code(item):
                self.files[path.as_posix()] = self._root / path

    def _go_on(self, item: os.DirEntry[str], path: Path) -> None:
        if not item.is_symlink():
            self._waiting.append(path)
            return
        target = (self._root / path).resolve()
        if target.is_relative_to(self._root):
            inside = target.relative_to(self._root)
            if not is_utf8(inside.as_posix()):
                self.unnameable.append(path.as_posix())
                return
            self.links[path.as_posix()] = inside.as_posix()
            self._waiting.append(inside)

    def _may_be_code(self, item: os.DirEntry[str], folder: Path) -> bool:
        return self._in_package[folder] or Path(item.name).suffix in MODULES


def _is_folder(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_dir()
    except OSError:
        return False  # a link that leads to itself


def _is_code(item: os.DirEntry[str]) -> bool:
    try:
        if not item.is_file() or not os.access(item.path, os.R_OK):
            return False
        return Path(item.name).suffix in MODULES or item.stat().st_size <= MOST_PACKAGE_FILE
    except OSError:
        return False
