"""The workspace as a place that code is imported from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from ramon_notebook.environment.modules import MOST_BYTES, Code, Found, is_utf8, modules_of
from ramon_notebook.environment.overlay import Overlay
from ramon_notebook.environment.packages import Package, import_roots, installed
from ramon_notebook.environment.watch import Reader, Watch
from ramon_notebook.errors import Refused
from ramon_notebook.workspace.ignore import IgnoreRules


class Source:
    """The modules of a workspace, and where on sys.path its folders are.

    near: folders for sys.path before what is installed, as a notebook's own is in its kernel;
    far: those behind. Both relative to the workspace, which always is one of them.
    """

    def __init__(
        self, overlay: Overlay, workspace: Path, near: Iterable[str] = (), far: Iterable[str] = ()
    ) -> None:
        self.overlay = overlay
        self.workspace = workspace
        self._near, self._far = list(near), list(far)
        self._rules = IgnoreRules(workspace)
        self._packages: list[Package] = []
        self._watch = Watch()

    @classmethod
    def beside(cls, folder: str | None, overlay: Overlay, workspace: Path) -> Source:
        """What a kernel finds that works in `folder`, which may be elsewhere."""
        return cls(overlay, workspace, near=inside([folder] if folder else [], workspace))

    def on(self, near: Collection[str], far: Collection[str]) -> Source:
        """The same with these folders on sys.path, and its own behind, as far as they are in it."""
        near, far = inside(near, self.workspace), inside(far, self.workspace)
        return Source(self.overlay, self.workspace, near, [*far, *self._near, *self._far])

    def found(self) -> Found:
        """Find the modules and packages."""
        return modules_of(self.workspace, self._rules)

    def looked_at(self, found: Found) -> list[Path]:
        """Everything on which `read` depends."""
        return [*found.looked_at, self.overlay.packages]

    def read(self, found: Found, reader: Reader | None = None) -> Code:
        """Read what was found. Raises Refused when workers can't be given it."""
        far = [*self._far, *self._editable(), ""]
        far = [path for path in dict.fromkeys(far) if path not in self._near]
        code = Code.read(found, self._near, far, reader)
        check_size(sum(map(len, code.contents.values())))
        return code

    def packages(self) -> list[Package]:
        """What is installed in the overlay, looked up again only after a change."""
        if self._watch.may_differ():
            self._watch = Watch([self.overlay.packages])
            self._packages = installed(self.overlay.packages)
        return self._packages

    def _editable(self) -> Iterator[str]:
        for package in self.packages():
            for root in import_roots(package, self.overlay.packages):
                if not root.is_relative_to(self.workspace):
                    raise Refused(
                        422,
                        "environment",
                        f"{package.name} is installed from {package.source}, which workers don't "
                        "have. Move that folder into the workspace and install it from there, or "
                        "install the package without -e.",
                        {"package": package.name},
                    )
                yield _written(root.relative_to(self.workspace))


def inside(folders: Collection[str], workspace: Path) -> list[str]:
    """Those of `folders` that are in the workspace, relative to it; workers get only UTF-8."""
    root = workspace.resolve()
    places = (Path(folder).resolve() for folder in folders)
    found = [_written(place.relative_to(root)) for place in places if place.is_relative_to(root)]
    return [folder for folder in found if is_utf8(folder)]


def check_size(total: int) -> None:
    """Raise Refused if `total` bytes of modules are more than workers get."""
    if total > MOST_BYTES:
        raise Refused(
            422,
            "environment",
            f"The workspace's Python files take {total >> 20} MB; workers get at most "
            f"{MOST_BYTES >> 20} MB. Name folders that they don't need in .ramonignore.",
            {"bytes": total},
        )


def _written(folder: Path) -> str:
    return "" if folder == Path() else folder.as_posix()
