"""Steps that are done once, and again only when what they were made from has changed."""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""

VENV = ROOT / ".venv"
"""Where all tools and Python packages go."""

STAMPS = VENV / "stamps"
"""One file a step, holding the digest of what it was made from."""

_GENERATED = {"node_modules", "dist", "build", "__pycache__"}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that setup makes."""

    name: str
    """Short name of what is made, for people and for the stamp's file name."""

    makes: Path
    """A file or folder that is there when the step has been done."""

    run: Callable[[], None]
    """Makes it; raises `StepFailed`."""

    sources: tuple[Path, ...] = ()
    """Files and folders it is made from. What is not there counts as such."""

    facts: tuple[str, ...] = ()
    """Whatever else it depends on, such as the version of a tool."""

    def is_current(self) -> bool:
        """Whether it is there and was made from what lies here now."""
        return self.makes.exists() and self._stamp_says() == self._digest()

    def do(self) -> None:
        """Make it, and remember from what."""
        digest = self._digest()
        self._stamp.unlink(missing_ok=True)
        self.run()
        STAMPS.mkdir(parents=True, exist_ok=True)
        self._stamp.write_text(digest, encoding="ascii")

    @property
    def _stamp(self) -> Path:
        return STAMPS / re.sub(r"\W", "-", self.name)

    def _stamp_says(self) -> str | None:
        try:
            return self._stamp.read_text(encoding="ascii")
        except FileNotFoundError:
            return None

    def _digest(self) -> str:
        digest = hashlib.sha256("\0".join(self.facts).encode())
        for path in _files(self.sources):
            digest.update(b"\0" + os.fsencode(path.relative_to(ROOT)) + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        else:
            yield from _files_below(path)


def _files_below(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _is_generated(name))
        yield from (Path(parent, name) for name in sorted(names))


def _is_generated(folder: str) -> bool:
    return folder in _GENERATED or folder.endswith(".egg-info")
