"""The workspace's code, which each call gets as it is when it is made.

The scheduler sees to that (`ramon_notebook.clusters.code`). What is here tells it where this
kernel finds its modules, keeps old results from being taken for new ones, and says when this
kernel itself goes on with older code. Workers import this module too.
"""

# Dask's functions are partly untyped.
# mypy: allow-untyped-calls

from __future__ import annotations

import functools
import hashlib
import os
import sys
import sysconfig
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

from ramon.errors import EnvironmentChanged

loading: Callable[[], AbstractContextManager[None]] = nullcontext
"""To be entered while something is pickled or unpickled that may need the workspace's modules.

On a worker it puts the version in place that the call which runs here was made with.
"""

version: Callable[[], str] = str
"""Which version of the workspace's code the call that runs here was made with; "" if none is known.

What a process keeps of unpickled functions and objects, it keeps for one version.
"""

Signature = tuple[int, ...]

_first: dict[str, dict[str, Signature]] = {}
"""The files of a folder that modules may depend on, as they were when it was seen first."""
_origins: dict[str, str] = {}
"""Where modules were found first."""
_fixed = threading.local()
_loaded: dict[str, tuple[ModuleSpec, Signature]] = {}
"""Modules, as their files were when this kernel was seen to have imported them."""
_told: set[tuple[str, Signature]] = set()
"""What was said of files that this kernel has older modules of."""


def workspace() -> Path:
    """The notebook's workspace."""
    return Path.home() / "work"


def mark() -> str:
    """A word for the edits of what this kernel's modules consist of; "" before the first of them.

    Keys of Dask have it in them: the pickle of an imported function is its name, however often it,
    the data that its package reads, or a helper that only workers import was edited.
    """
    fixed: str | None = getattr(_fixed, "mark", None)
    return _mark() if fixed is None else fixed


@contextmanager
def one_mark() -> Iterator[None]:
    """Look once for all that is marked here, however much that is."""
    before = getattr(_fixed, "mark", None)
    _fixed.mark = mark()
    try:
        yield
    finally:
        _fixed.mark = before


def _mark() -> str:
    edits: list[tuple[str, object]] = []
    places: dict[str, bool] = {}
    for name, spec in _ours():
        origin = spec.origin or ""
        if _origins.setdefault(name, origin) != origin:
            edits.append((name, origin))
        folder = os.path.dirname(origin)  # noqa: PTH120 - before every call
        places[folder] = places.get(folder, False) or bool(spec.parent)
    for folder, in_package in places.items():
        now = _files(folder, in_package=in_package)
        if _first.setdefault(folder, now) != now:
            edits.append((folder, sorted(now.items())))
    return hashlib.blake2b(repr(sorted(edits)).encode(), digest_size=8).hexdigest() if edits else ""


def _files(folder: str, *, in_package: bool) -> dict[str, Signature]:
    """What may travel of a folder's files: of a package all, with its folders, or else modules."""
    found: dict[str, Signature] = {}
    with suppress(OSError), os.scandir(folder) as items:
        for item in items:
            if in_package and item.is_dir(follow_symlinks=False):
                if item.name != "__pycache__" and not item.name.startswith("."):
                    found |= _files(item.path, in_package=True)
            elif in_package or item.name.endswith((".py", ".so")):
                found[item.path] = _signature(item.path)
    return found


def mark_tokens() -> None:
    """Let Dask's keys for functions and objects depend on `mark`."""
    from dask.tokenize import normalize_object, normalize_token

    marked = functools.partial(_marked, normalize_object)
    # Dask notes for each class which function it found.
    for kind, found in list(normalize_token._lookup.items()):  # noqa: SLF001 - it has no other way
        if found is normalize_object:
            normalize_token.register(kind, marked)


def _marked(normalize: Callable[[Any], Any], thing: Any) -> Any:
    marked = mark()
    return (marked, normalize(thing)) if marked else normalize(thing)


def paths() -> tuple[list[str], list[str]]:
    """The workspace's folders on sys.path: those before what is installed, and those behind."""
    return _paths(tuple(sys.path), os.getcwd())  # noqa: PTH109 - before every call


@functools.lru_cache(maxsize=1)
def _paths(entries: tuple[str, ...], _here: str) -> tuple[list[str], list[str]]:
    root = str(workspace().resolve())
    near: list[str] = []
    far: list[str] = []
    side = near
    for entry in filter(_can_travel, entries):
        if entry.endswith(("site-packages", "dist-packages")):
            side = far
        folder = os.path.realpath(entry)
        if folder == root or folder.startswith(f"{root}{os.sep}"):
            side.append(folder)
    return near, far


def _can_travel(entry: object) -> bool:
    """Whether an entry of sys.path is one that Python looks into, and that Dask can send."""
    if not isinstance(entry, str) or "\0" in entry:
        return False
    try:
        os.path.realpath(entry).encode()
    except UnicodeEncodeError:
        return False
    return True


def packages() -> Signature:
    """What changes when a package is installed here, or removed."""
    return _signature(sysconfig.get_path("purelib"))


def warn_of_older() -> None:
    """Warn, once an edit, of modules that this kernel still has as they were before."""
    older = list(_older())
    if not older:
        return
    names = ", ".join(older)
    message = (
        f"{names}: the file was edited after this kernel imported it. Workers run it as it is now. "
        f"importlib.reload({older[0]}) lets this kernel do so too, or `%load_ext autoreload` and "
        "`%autoreload 2` for all modules."
    )
    # Without a registry: each edit is told of, where Python would tell once a line of code.
    warnings.warn_explicit(message, EnvironmentChanged, "<ramon>", 1, registry=None)


def _older() -> Iterator[str]:
    for name, spec in _ours():
        if not spec.origin:
            continue
        now = _signature(spec.origin)
        known, then = _loaded.setdefault(name, (spec, now))
        if known is not spec:  # it was imported anew
            _loaded[name] = (spec, now)
        elif now != then and (name, now) not in _told:
            _told.add((name, now))
            yield name


def _ours() -> Iterator[tuple[str, ModuleSpec]]:
    """The modules that this kernel imported from the workspace."""
    for name in _names(len(sys.modules), next(reversed(sys.modules))):
        spec = getattr(sys.modules.get(name), "__spec__", None)
        if isinstance(spec, ModuleSpec):
            yield name, spec


@functools.lru_cache(maxsize=1)
def _names(_count: int, _newest: str) -> list[str]:
    """Their names, looked for again only when a module was added or removed."""
    prefix = f"{workspace()}{os.sep}"
    specs = [(name, getattr(each, "__spec__", None)) for name, each in list(sys.modules.items())]
    return [name for name, spec in specs if str(getattr(spec, "origin", "")).startswith(prefix)]


def _signature(file: str) -> Signature:
    try:
        found = os.stat(file)  # noqa: PTH116  # before every call
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
