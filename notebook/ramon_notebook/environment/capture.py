"""The environment as it is now: what workers need to run the notebook's code, and what differs."""

from __future__ import annotations

import hashlib
import platform
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ramon_notebook.api import AgentApi
from ramon_notebook.environment.modules import (
    MOST_BYTES,
    SITE,
    WORK,
    digests,
    modules_of,
    packed,
)
from ramon_notebook.environment.overlay import Overlay
from ramon_notebook.environment.packages import Package, image_version, import_roots, installed
from ramon_notebook.errors import Refused
from ramon_notebook.workspace.ignore import IgnoreRules
from ramon_notebook.workspace.transfer import BlobStore


@dataclass(frozen=True)
class Environment:
    """What was found, as workers get it.

    lock: lines for an installer, pinned; empty when nothing was installed.
    modules: a zip of the user's own code; empty when there is none.
    versions: of the packages in the overlay; files: digests of the code by path.
    """

    lock: bytes
    modules: bytes
    versions: Mapping[str, str] = field(repr=False)
    files: Mapping[str, str] = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """As the service wants to know it."""
        return {
            "python": platform.python_version(),
            "lock": _blob(self.lock),
            "modules": _blob(self.modules),
        }

    def upload(self, api: AgentApi, store: BlobStore) -> None:
        """Give both to the storage, unless it has them. Raises Unavailable or Gone."""
        contents = {_sha256(content): content for content in (self.lock, self.modules) if content}
        if not contents:
            return
        uploads = api.uploads([(sha, len(content)) for sha, content in contents.items()])
        for upload in uploads:
            content = contents[upload.sha256]
            with tempfile.NamedTemporaryFile() as file:
                file.write(content)
                file.flush()
                store.upload(Path(file.name), len(content), upload)

    def changes_since(self, sent: Environment) -> list[str]:
        """What differs from what workers were given, a sentence each; none when all is equal."""
        return [*_packages_changed(sent.versions, self.versions), *_files_changed(sent, self)]


def capture(overlay: Overlay, workspace: Path, folder: str | None = None) -> Environment:
    """Look at the overlay and the workspace; `folder` is where the kernel's notebook lies.

    Raises Refused (environment) when workers can't be given the same.
    """
    packages = installed(overlay.packages)
    pins = [package.requirement for package in packages if package.requirement]
    files = modules_of(workspace, IgnoreRules(workspace))
    members = {f"{WORK}/{path}": file for path, file in files.items()}
    roots = [*_folders(folder, workspace), ""]
    for package in packages:
        if package.requirement is None:
            roots += _sources(package, overlay, workspace)
            members |= _shipped(package, overlay)
    _check_size(members)
    return Environment(
        lock="".join(f"{pin}\n" for pin in pins).encode(),
        modules=packed(members, list(dict.fromkeys(roots))) if members else b"",
        versions={package.name: package.version for package in packages},
        files=digests(files),
    )


def _folders(folder: str | None, workspace: Path) -> Iterator[str]:
    """The folder of the notebook, relative to the workspace, when it is in it."""
    if folder and Path(folder).resolve().is_relative_to(workspace.resolve()):
        relative = Path(folder).resolve().relative_to(workspace.resolve()).as_posix()
        yield "" if relative == "." else relative


def _sources(package: Package, overlay: Overlay, workspace: Path) -> Iterator[str]:
    for root in import_roots(package, overlay.packages):
        if not root.is_relative_to(workspace):
            raise Refused(
                422,
                "environment",
                f"{package.name} is installed from {package.source}, which workers don't have. "
                "Move that folder into the workspace and install it from there, or install the "
                "package without -e.",
                {"package": package.name},
            )
        yield root.relative_to(workspace).as_posix()


def _shipped(package: Package, overlay: Overlay) -> dict[str, Path]:
    """The files of a package that no installer elsewhere would find."""
    if package.source is not None:
        return {}
    return {f"{SITE}/{file.as_posix()}": overlay.packages / file for file in package.files}


def _check_size(members: Mapping[str, Path]) -> None:
    total = sum(file.stat().st_size for file in members.values())
    if total > MOST_BYTES:
        raise Refused(
            422,
            "environment",
            f"The workspace's Python files take {total >> 20} MB; workers get at most "
            f"{MOST_BYTES >> 20} MB. Name folders that they don't need in .ramonignore.",
            {"bytes": total},
        )


def _packages_changed(sent: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*sent, *now}):
        here, there = (side.get(name) or image_version(name) for side in (now, sent))
        if here == there:
            continue
        if here is None:
            yield f"{name} {there} is on the workers, not here"
        elif there is None:
            yield f"{name} {here} is here, not on the workers"
        else:
            yield f"{name} {here} here, {there} on the workers"


def _files_changed(sent: Environment, now: Environment) -> Iterator[str]:
    for path in sorted({*sent.files, *now.files}):
        if path not in sent.files:
            yield f"{path} is new"
        elif path not in now.files:
            yield f"{path} was deleted"
        elif now.files[path] != sent.files[path]:
            yield f"{path} was edited"


def _blob(content: bytes) -> dict[str, Any] | None:
    return {"sha256": _sha256(content), "size": len(content)} if content else None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
