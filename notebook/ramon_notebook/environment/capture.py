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
from ramon_notebook.environment.overlay import Overlay
from ramon_notebook.environment.packages import Package, image_version
from ramon_notebook.environment.source import Source, check_size
from ramon_notebook.workspace.transfer import BlobStore


@dataclass(frozen=True)
class Environment:
    """What was found, as workers get it.

    lock: lines for an installer, pinned; empty when nothing was installed.
    modules: a zip of the user's own code; empty when there is none.
    versions: of the packages in the overlay.
    """

    lock: bytes
    modules: bytes
    versions: Mapping[str, str] = field(repr=False)

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
        """Which packages differ from what workers were given, a sentence each.

        Modules don't count: every call brings those along (see `clusters.code`).
        """
        return list(_packages_changed(sent.versions, self.versions))


def capture(overlay: Overlay, workspace: Path, folder: str | None = None) -> Environment:
    """Look at the overlay and the workspace; `folder` is where the kernel's notebook lies.

    Raises Refused (environment) when workers can't be given the same.
    """
    source = Source.beside(folder, overlay, workspace)
    code = source.read(source.found())
    packages = source.packages()
    pins = [package.requirement for package in packages if package.requirement]
    site: dict[str, Path] = {}
    for package in packages:
        site |= _shipped(package, overlay)
    shipped = sum(file.stat().st_size for file in site.values())
    check_size(shipped + sum(map(len, code.contents.values())))
    return Environment(
        lock="".join(f"{pin}\n" for pin in pins).encode(),
        modules=code.packed(site) if code.contents or code.links or site else b"",
        versions={package.name: package.version for package in packages},
    )


def _shipped(package: Package, overlay: Overlay) -> dict[str, Path]:
    """The files of a package that no installer elsewhere would find."""
    if package.requirement is not None or package.source is not None:
        return {}
    return {file.as_posix(): overlay.packages / file for file in package.files}


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


def _blob(content: bytes) -> dict[str, Any] | None:
    return {"sha256": _sha256(content), "size": len(content)} if content else None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
