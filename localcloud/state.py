"""The state directory: one launcher at a time, and the file that tells clients where to go."""

import fcntl
import json
import os
from pathlib import Path

from localcloud.files import write_json


class StateInUseError(RuntimeError):
    """Another launcher uses the directory; the message says what to do."""


class StateLock:
    """Held for as long as a launcher lives; the kernel lets go of it when the process ends."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = directory / "lock"
        self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateInUseError(
                f"Another local cloud (process {self._file.read_text() or 'unknown'}) already uses"
                f" {directory}.\nStop it, or choose another directory and port:"
                " STATE_DIR=.local-2 PORT=9000 make run"
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, str(os.getpid()).encode())


class Endpoint:
    """`endpoint.json`: how clients of the stand-in find and address it."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "endpoint.json"

    def write(self, content: dict[str, object]) -> None:
        """Publish; the file holds the administrator's key, so only its owner may read it."""
        write_json(self.file, content)

    def read(self) -> dict[str, object]:
        """What a launcher published; raises FileNotFoundError if none runs."""
        content: dict[str, object] = json.loads(self.file.read_text())
        return content

    def remove(self) -> None:
        """Nobody is there any more."""
        self.file.unlink(missing_ok=True)
