"""Code of Lambda functions and layers, unpacked once and shared by all of a function's processes.

A directory is named after the digest of its archive, so it is never changed, only made; Python
leaves its compiled modules there, which halves the next cold start.
"""

import hashlib
import io
import os
import shutil
import tempfile
import zipfile
from pathlib import Path


class CodeStore:
    """Unpacked archives below one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._known: dict[int, tuple[bytes, Path]] = {}

    def unpack(self, archive: bytes) -> Path:
        """The directory with the archive's content; unpacks it if that was never done."""
        known = self._known.get(id(archive))
        if known and known[0] is archive:
            return known[1]
        target = self._directory / hashlib.sha256(archive).hexdigest()
        if not target.exists():
            self._make(archive, target)
        os.utime(target)
        self._known[id(archive)] = (archive, target)
        return target

    def keep_newest(self, count: int) -> None:
        """Remove all but the `count` directories that were used last."""
        if not self._directory.exists():
            return
        directories = sorted(self._directory.iterdir(), key=lambda each: each.stat().st_mtime)
        for old in directories[:-count]:
            shutil.rmtree(old, ignore_errors=True)

    def _make(self, archive: bytes, target: Path) -> None:
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=self._directory) as unfinished:
            content = Path(unfinished) / "content"
            with zipfile.ZipFile(io.BytesIO(archive)) as packed:
                packed.extractall(content)
            try:
                content.rename(target)
            except OSError:
                if not target.exists():  # else another thread was faster
                    raise
