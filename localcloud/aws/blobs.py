"""Large values of a snapshot, such as Lambda layers, as files named by their digest."""

import hashlib
from pathlib import Path

SMALLEST = 64 * 1024
"""Bytes from which on a value gets a file of its own."""


class Blobs:
    """Content-addressed files in one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._used: set[str] = set()

    def put(self, content: bytes) -> str:
        """Keep the content; gives its name."""
        name = hashlib.sha256(content).hexdigest()
        self._used.add(name)
        file = self._directory / name
        if not file.exists():
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            unfinished = file.with_suffix(".new")
            unfinished.write_bytes(content)
            unfinished.replace(file)
        return name

    def get(self, name: str) -> bytes:
        """The content of a name that `put` gave."""
        return (self._directory / name).read_bytes()

    def forget_unused(self) -> None:
        """Remove what was not put since this object was made."""
        if self._directory.is_dir():
            for file in self._directory.iterdir():
                if file.name not in self._used:
                    file.unlink()
