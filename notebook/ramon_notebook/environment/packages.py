"""The packages of an overlay, as lines that an installer on another machine understands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distributions, version
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Package:
    """One package that was installed over the image.

    requirement: a line of a requirements file that installs exactly this; None when it came
        from this machine's own disk.
    files: what it consists of, relative to its site-packages, when there is no requirement.
    source: the folder that an editable installation points to.
    revision: what installs it again from a repository on this machine's disk.
    origin: the file or folder on this machine's disk that it was installed from.
    """

    name: str
    version: str
    requirement: str | None
    files: tuple[Path, ...] = ()
    source: Path | None = None
    origin: Path | None = None
    revision: str | None = None


def installed(site_packages: Path) -> list[Package]:
    """The packages in a site-packages folder, by name."""
    found = {_name(each): each for each in distributions(path=[str(site_packages)])}
    return [_package(name, found[name], site_packages) for name in sorted(found)]


def image_version(name: str) -> str | None:
    """The version of a package that the image has, to be asked in the image's interpreter."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def import_roots(package: Package, site_packages: Path) -> Iterator[Path]:
    """The folders that an editable installation puts on sys.path."""
    if package.source is None:
        return
    named = [
        Path(line)
        for file in package.files
        if file.suffix == ".pth"
        for line in (site_packages / file).read_text().splitlines()
        if Path(line).is_absolute()
    ]
    inner = package.source / "src"
    yield from named or [inner if inner.is_dir() else package.source]


def _name(distribution: Distribution) -> str:
    return re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower()


def _package(name: str, distribution: Distribution, site_packages: Path) -> Package:
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    number = distribution.version
    if not origin:
        return Package(name, number, f"{name}=={number}")
    if not origin["url"].startswith("file:"):
        return Package(name, number, f"{name} @ {_direct(origin)}")
    files = tuple(
        Path(file)
        for file in distribution.files or ()
        if (site_packages / file).is_relative_to(site_packages)
        and ".." not in file.parts
        and file.suffix != ".pyc"
    )
    editable = (origin.get("dir_info") or {}).get("editable", False)
    path = Path(unquote(urlsplit(origin["url"]).path))
    revision = f"{name} @ {_direct(origin)}" if "vcs_info" in origin else None
    return Package(name, number, None, files, path if editable else None, path, revision)


def _direct(origin: dict[str, Any]) -> str:
    """The address of a package that came from a repository or an archive (PEP 610)."""
    url, fragment = str(origin["url"]), []
    if repository := origin.get("vcs_info"):
        url = f"{repository['vcs']}+{url}@{repository['commit_id']}"
    elif hashes := (origin.get("archive_info") or {}).get("hashes"):
        fragment += [f"{algorithm}={digest}" for algorithm, digest in hashes.items()]
    if folder := origin.get("subdirectory"):
        fragment.append(f"subdirectory={folder}")
    return f"{url}#{'&'.join(fragment)}" if fragment else url
