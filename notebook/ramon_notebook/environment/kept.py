"""The list of packages that a notebook has besides the image's: a file of the workspace.

So it is kept like every other file, goes along with a copy, and can be read and edited.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PathDistribution
from pathlib import Path, PurePath

from ramon_notebook.environment.overlay import Overlay
from ramon_notebook.environment.packages import Package, image_version, installed

LIST = ".ramon-packages.txt"
"""The list, beside the notebooks; a line of it is a line of a requirements file."""

WHEELS = ".ramon-packages"
"""The folder of packages that came from files which are not kept."""

MOST_WHEEL_BYTES = 50 << 20
"""Bytes of a package that is kept as a file; larger ones must be installed from an index."""

HEADER = """\
# What was installed in this notebook. It is installed again at every start, and this file is
# written anew whenever something is installed or removed. Delete a line that you do not want.
"""

IMPORTS = "  # imports: "

PAGE = "; extends JupyterLab"
"""Ends the line of a package that brings a part of the page, which is read when it is opened."""

_PARTS_OF_PAGE = ("share", "jupyter", "labextensions")


@dataclass(frozen=True)
class Kept:
    """A package to be installed again.

    requirement: what an installer is told, in the workspace's folder.
    modules: the names by which it is imported.
    extends_page: whether JupyterLab's page has parts of it.
    """

    requirement: str
    modules: tuple[str, ...]
    extends_page: bool = False

    @property
    def name(self) -> str:
        """What the package is called, as far as the line says."""
        return self.requirement.partition("==")[0].partition(" @ ")[0]

    @property
    def line(self) -> str:
        """Its line in the list."""
        page = PAGE if self.extends_page else ""
        return f"{self.requirement}{IMPORTS}{', '.join(self.modules)}{page}"


def read(workspace: Path) -> list[Kept]:
    """The list as it was last written, or edited by somebody; empty when there is none."""
    try:
        text = (workspace / LIST).read_text("utf-8", errors="replace")
    except OSError:
        return []
    lines = [line.strip() for line in text.splitlines()]
    return [_parsed(line) for line in lines if line and not line.startswith("#")]


def write(workspace: Path, kept: Iterable[Kept]) -> None:
    """Write the list, if that changes it; without packages there is none. Raises OSError."""
    packages = sorted(kept, key=lambda each: each.requirement)
    if packages == read(workspace):
        return
    path = workspace / LIST
    if not packages:
        path.unlink(missing_ok=True)
        return
    half = path.with_name(f".~{LIST}")
    half.write_text(HEADER + "".join(f"{each.line}\n" for each in packages), "utf-8")
    half.replace(path)


def found(overlay: Overlay, workspace: Path) -> list[Kept]:
    """What is installed in the overlay now. May write a wheel into the workspace: OSError."""
    return [_kept(package, overlay, workspace) for package in installed(overlay.packages)]


def differs_from_image(kept: Kept) -> bool:
    """Whether importing it from the image would be wrong: the image has not this version."""
    name, _, version = kept.requirement.partition("==")
    return not version or image_version(name) != version


def _parsed(line: str) -> Kept:
    line, page, _ = line.partition(PAGE)
    requirement, _, modules = line.partition(IMPORTS)
    requirement = requirement.partition(" #")[0].strip()
    names = tuple(filter(None, (name.strip() for name in modules.split(","))))
    guess = Kept(requirement, ()).name.strip().replace("-", "_")
    return Kept(requirement, names or (guess,), extends_page=bool(page))


def _kept(package: Package, overlay: Overlay, workspace: Path) -> Kept:
    files = list(PathDistribution.at(_metadata(package, overlay)).files or ())
    return Kept(
        requirement=package.requirement or _local(package, overlay, workspace),
        modules=tuple(sorted(_modules(files))) or (package.name.replace("-", "_"),),
        extends_page=any(_is_of_page(file) for file in files),
    )


def _is_of_page(file: PurePath) -> bool:
    below = tuple(part for part in file.parts if part != "..")
    return below[: len(_PARTS_OF_PAGE)] == _PARTS_OF_PAGE


def _modules(files: Iterable[PurePath]) -> set[str]:
    """The names that a package puts beneath site-packages."""
    found: set[str] = set()
    for file in files:
        top = file.parts[0]
        if top.endswith((".dist-info", ".data", ".pth")) or top in ("..", "__pycache__"):
            continue
        is_module = len(file.parts) > 1 or file.suffix in (".py", ".so")
        if is_module and top.partition(".")[0].isidentifier():
            found.add(top.partition(".")[0])
    return {name for name in found if not name.startswith("__editable__")}


def _metadata(package: Package, overlay: Overlay) -> Path:
    """The folder in which an installer has described a package."""
    for folder in overlay.packages.glob(f"*-{package.version}.dist-info"):
        name = folder.name.removesuffix(f"-{package.version}.dist-info")
        if name.replace("_", "-").replace(".", "-").lower() == package.name:
            return folder
    raise FileNotFoundError(f"{package.name} has no metadata.")


def _local(package: Package, overlay: Overlay, workspace: Path) -> str:
    """How a package that came from this machine's disk is installed again."""
    origin = package.origin
    if origin is not None and origin.is_relative_to(workspace):
        if package.revision:
            return package.revision
        path = os.path.join(".", origin.relative_to(workspace))  # noqa: PTH118  keeps the "./"
        return f"-e {path}" if package.source else path
    if package.source is not None:
        return f"-e {package.source}"
    wheel = workspace / WHEELS / f"{_wheel_name(package, overlay)}.whl"
    if not wheel.exists():
        _pack(package, overlay, wheel)
    return f"./{WHEELS}/{wheel.name}"


def _wheel_name(package: Package, overlay: Overlay) -> str:
    description = (_metadata(package, overlay) / "WHEEL").read_text()
    tags = [line.removeprefix("Tag: ") for line in description.splitlines() if "Tag: " in line]
    return f"{package.name.replace('-', '_')}-{package.version}-{tags[-1]}"


def _pack(package: Package, overlay: Overlay, wheel: Path) -> None:
    """Put the files of a package together again, as the wheel that it came from."""
    files = [file for file in package.files if (overlay.packages / file).is_file()]
    total = sum((overlay.packages / file).stat().st_size for file in files)
    if total > MOST_WHEEL_BYTES:
        raise OSError(f"{package.name} is too large to be kept: {total >> 20} MB.")
    record = _metadata(package, overlay).name + "/RECORD"
    wheel.parent.mkdir(exist_ok=True)
    half = wheel.with_name(f".~{wheel.name}")
    with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            if file.as_posix() != record:
                archive.write(overlay.packages / file, file.as_posix())
        members = [file for file in files if file.as_posix() != record]
        archive.writestr(record, _record(overlay.packages, members, record))
    half.replace(wheel)


def _record(folder: Path, files: Iterable[Path], own_name: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([*_rows(folder, files), (own_name, "", "")])
    return text.getvalue()


def _rows(folder: Path, files: Iterable[Path]) -> Iterator[tuple[str, str, str]]:
    for file in files:
        content = (folder / file).read_bytes()
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        yield file.as_posix(), f"sha256={digest}", str(len(content))
