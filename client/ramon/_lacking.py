"""Why workers lack a module or a file that is here, and what to do, as a note for an error."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from importlib.machinery import PathFinder
from importlib.metadata import packages_distributions
from pathlib import Path

from ramon import _code

SUFFIXES = frozenset({".py", ".so"})
"""What modules are that workers get, of files."""

MOST_BYTES = 1 << 20
"""The largest file inside a package that workers get, unless it is a module."""

_VERSION = re.compile(r"/[0-9a-f]{32}/work/(.+)")
"""Where a worker keeps the files of a version of the workspace."""


def module(name: str | None, cluster: str) -> str | None:
    """Why the workers of `cluster` lack a module, and what to do; None if the error names none."""
    if not name:
        return None
    name = _asked_for(name)
    return f"The workers of {cluster} lack {name!r}{_why(name)}"


def file(path: object, cluster: str) -> str | None:
    """Why the workers lack a file that an error names; None if it is not one of those here."""
    here = _here(path)
    if here is None:
        return None
    return (
        f"The workers of {cluster} lack {here.name!r}, which is here in {here}. Workers get the "
        f"workspace's modules, and files of packages of up to {MOST_BYTES >> 20} MiB: read it here "
        "and pass what is in it as an argument (a large one is sent once), or put it where "
        "workers can read it too, such as a bucket or a web address."
    )


def _root() -> Path:
    return _code.workspace().resolve()


# --- Modules ---------------------------------------------------------------------------------


def _asked_for(name: str) -> str:
    """The module to tell of: a part of a package that this kernel has, or else the package."""
    parent = name.rpartition(".")[0]
    return name if parent in sys.modules else name.partition(".")[0]


def _why(name: str) -> str:
    package = name.partition(".")[0]
    if package in sys.stdlib_module_names:
        return ", which is a part of Python that theirs was built without. Do this part here."
    place = _place(name)
    if place is not None:
        return _why_not_sent(name, place)
    if name in sys.modules:
        return (
            ", which this kernel has made itself: no file has it. Write it into "
            f"{package}.py beside the notebook, import it from there, and call it again."
        )
    if name != package and _spec(package):
        return f", and so does this notebook: {package} has no part of that name. Check its name."
    return (
        f". Run `%pip install {package}` here if this notebook lacks it too, then "
        "`cluster.sync_environment()`, and call it again."
    )


def _why_not_sent(name: str, place: Path) -> str:
    if {"site-packages", "dist-packages"} & {*place.parts}:
        found = packages_distributions().get(name.partition(".")[0], [name.partition(".")[0]])
        return (
            f", which is installed here (the package {found[0]}): run "
            "`cluster.sync_environment()`, and call it again."
        )
    here = f", which is here in {place}"
    archive = next((each for each in place.parents if each.is_file()), None)
    if archive is not None:
        return (
            f"{here}. Workers get files, not such archives: unpack {archive} beside the notebook."
        )
    if not place.exists():
        return (
            f", which this kernel imported from {place}, and that is not there any more. Write it "
            "again, or restart the kernel to see what still needs it."
        )
    if not place.is_relative_to(_root()):
        return (
            f"{here}. Workers get the modules of the workspace ({_root()}): move it "
            "there, beside the notebook."
        )
    return f"{here}. {_in_workspace(name, place)}"


def _in_workspace(name: str, place: Path) -> str:
    """Why a module of the workspace is not on workers."""
    inside = place.relative_to(_root())
    hidden = next((part for part in inside.parts[:-1] if part.startswith(".")), None)
    if place.suffix == ".pyc":
        return "It is there only as compiled: put its .py beside it."
    if place.is_file() and place.suffix not in SUFFIXES:
        return "Workers get modules that are .py or .so files: write it as one."
    if not _is_utf8(inside):
        return "Its name is not UTF-8, and workers get no such files: rename it."
    if hidden:
        return (
            "Workers get nothing from a folder whose name begins with a dot: move it out of "
            f"{hidden}."
        )
    if not _is_imported_from(name, place):
        return _not_by_import(name, place)
    return (
        "Modules of the workspace travel by themselves, but not what .ramonignore or its "
        "defaults (node_modules, .venv) name: see whether they name this one."
    )


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _not_by_import(name: str, place: Path) -> str:
    top = name.rpartition(".")[2]
    if place.stem == top or (place.stem == "__init__" and place.parent.name == top):
        folder = place.parents[len(name.split(".")) - (place.stem != "__init__")]
        return (
            "It is not in a folder from which this kernel imports: run "
            f"`sys.path.append({str(folder)!r})` first."
        )
    return (
        "This kernel did not import it by its name, as workers do: call the file "
        f"{top}.py, and import it."
    )


def _is_imported_from(name: str, place: Path) -> bool:
    """Whether `import` by this name would find this place."""
    parent, _, _ = name.rpartition(".")
    paths = getattr(sys.modules.get(parent), "__path__", None) if parent else None
    if parent and paths is None:
        return True
    try:
        found = PathFinder.find_spec(name, paths)
    except Exception:  # noqa: BLE001 - a finder of somebody's may raise anything
        return True
    places = [] if found is None else [found.origin, *(found.submodule_search_locations or ())]
    return any(each and Path(each).resolve() == place for each in places)


def _place(name: str) -> Path | None:
    """Where a module is that this kernel has or finds; None if it is in no file.

    Links are followed: one in the workspace may lead out of it.
    """
    spec = _spec(name)
    places = [getattr(sys.modules.get(name), "__file__", None)]
    if spec is not None:
        places += [spec.origin if spec.has_location else None]
        places += spec.submodule_search_locations or ()
    return next((Path(each).resolve() for each in places if isinstance(each, str) and each), None)


def _spec(name: str) -> importlib.machinery.ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):  # a module may have no specification
        return None


# --- Files -----------------------------------------------------------------------------------


def _here(path: object) -> Path | None:
    """The file of the workspace that a worker looked for under this name."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        return None
    try:
        name = os.fsdecode(path)
        version = _VERSION.search(name)
        place = (_root() / version[1] if version else Path(name)).resolve()
        is_ours = place.is_relative_to(_root()) and place.exists()
    except (OSError, ValueError):  # no name of a file can have what this one has
        return None
    return place if is_ours else None
