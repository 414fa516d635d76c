"""The user's own Python files, packed so that the same files always make the same bytes."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ramon_notebook.workspace.ignore import IgnoreRules

MOST_BYTES = 50 << 20
"""Most bytes of modules that workers get: modules are code, data is read from where it is."""

MOST_PACKAGE_FILE = 1 << 20
"""Bytes; a larger file inside a package is data, unless it is a compiled module."""

MODULES = frozenset({".py", ".so"})

SETTINGS = "modules.json"
"""The member that says which folders, relative to the workspace, are to be on sys.path."""

WORK, SITE = "work", "site"
"""Where the members go: into the workspace, or into the worker's site-packages."""


def modules_of(workspace: Path, rules: IgnoreRules) -> dict[str, Path]:
    """The workspace's modules and packages, by their path in it."""
    rules.refresh()
    return dict(sorted(_found(workspace, Path(), rules, in_package=False)))


def digests(files: Mapping[str, Path]) -> dict[str, str]:
    """What tells whether a file was edited, by the path it is known by."""
    return {path: hashlib.sha256(file.read_bytes()).hexdigest() for path, file in files.items()}


def packed(members: Mapping[str, Path], paths: Sequence[str]) -> bytes:
    """A zip of `members` with the folders for sys.path. Equal content makes equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        _add(archive, SETTINGS, json.dumps({"paths": list(paths)}).encode())
        for name in sorted(members):
            _add(archive, name, members[name].read_bytes())
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name)  # of 1980, whenever the file was written
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, content)


def _found(
    workspace: Path, folder: Path, rules: IgnoreRules, *, in_package: bool
) -> Iterator[tuple[str, Path]]:
    with os.scandir(workspace / folder) as listing:
        items = list(listing)
    in_package = in_package or any(item.name == "__init__.py" for item in items)
    for item in items:
        path = folder / item.name
        if item.is_dir(follow_symlinks=False):
            if not item.name.startswith(".") and not rules.ignores(path.as_posix(), is_dir=True):
                yield from _found(workspace, path, rules, in_package=in_package)
        elif _is_code(item, in_package=in_package) and not rules.ignores(path.as_posix()):
            yield path.as_posix(), workspace / path


def _is_code(item: os.DirEntry[str], *, in_package: bool) -> bool:
    if not item.is_file() or not os.access(item.path, os.R_OK):
        return False
    if Path(item.name).suffix in MODULES:
        return True
    return in_package and item.stat().st_size <= MOST_PACKAGE_FILE
