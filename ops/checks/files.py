"""Nothing in the repository may depend on the machine or the network it was written on."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ops.checks.finding import Finding

_REGISTRIES = re.compile(
    r"pythonhosted\.org|pypi\.org/(simple|packages)|registry\.(npmjs|yarnpkg)\.|deb\.debian\.org"
)
"""Hosts that packages come from: which one to ask is the affair of the installing machine."""

_THIS = Path(__file__).as_posix()
"""This file, which has to name what others may not."""

_CONFLICT = re.compile(r"^(<{7}|>{7}) ")


def findings(root: Path) -> Iterator[Finding]:
    """Every line of a tracked text file that names a registry or a path of this machine."""
    own_paths = re.compile("|".join(map(re.escape, _own_paths(root))))
    rules = {
        "names a package registry": _REGISTRIES,
        "names a path of this machine": own_paths,
        "is a merge conflict": _CONFLICT,
    }
    for name in _tracked(root):
        for number, line in enumerate(_lines(root / name), start=1):
            for what, pattern in rules.items():
                if pattern.search(line):
                    yield Finding(name, number, what)


def _own_paths(root: Path) -> list[str]:
    everywhere = (Path("/"), Path("/root"))  # no machine's own: every Linux has them
    return [f"{path}/" for path in (root, Path.home()) if path not in everywhere]


def _tracked(root: Path) -> list[str]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True)
    names = filter(None, listing.stdout.decode().split("\0"))
    return [name for name in names if not _THIS.endswith(f"/{name}")]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (UnicodeDecodeError, FileNotFoundError):
        return []  # a picture; or removed here, and not yet from the index
