"""Keeps ministack's state on disk while it runs, not only when it ends.

A snapshot is one file with a line a service. It is written by a forked child, as Redis does: the
child sees all services frozen at one moment, the server goes on, and since the file is replaced
in one step, SIGKILL at any time leaves a whole earlier snapshot.
"""

import copy
import ctypes
import functools
import gc
import json
import logging
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ministack import app as ministack
from ministack.core import persistence
from ministack.services import lambda_svc

from localcloud import snapshot_file
from localcloud.aws.blobs import SMALLEST, Blobs

LONGEST_SAVE = 30
"""Seconds after which a child that hangs is killed; the next save tries again."""

SETTLING_SECONDS = 10.0
"""How long work that a request started may go on changing state after the request."""

READING = ("Get", "Describe", "List", "Query", "Scan", "BatchGet", "Head", "Filter", "Validate")
"""How names of operations begin that change nothing."""

READING_PATHS = ("/v1/describe", "/v1/list")
"""How Batch's addresses of such operations begin."""

POLITENESS = 5
"""How much the child lets other processes go first."""

PR_SET_PDEATHSIG = 1
BLOB = "__localcloud_blob__"

logger = logging.getLogger(__name__)


class Snapshots:
    """Loads and saves the state of all services in one file."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / snapshot_file.NAME
        self._blobs = directory / "blobs"
        self._afterwards: list[Callable[[], None]] = []
        self._loaded: dict[str, Any] = {}
        self._changed_at = time.monotonic()
        self._child: int | None = None

    def install(self) -> None:
        """Make ministack load from the snapshot and leave the saving to us."""
        self._loaded = self._read()
        ministack.load_state = lambda service: self._loaded.pop(service, None)
        ministack.save_all = lambda _: None
        prune = lambda_svc._prune_orphan_code_blobs
        # Functions' code may go only once no snapshot on disk names it any more.
        lambda_svc._prune_orphan_code_blobs = lambda referenced: self._afterwards.append(
            functools.partial(prune, referenced)
        )

    def note_request(self, method: str, path: str, target: str) -> None:
        """Remember that a request may have changed something."""
        operation = target.rsplit(".", 1)[-1]
        reads = operation.startswith(READING) if operation else _only_reads(method, path)
        if not reads:
            self.note_change()

    def note_change(self) -> None:
        """Remember that something changed."""
        self._changed_at = time.monotonic()

    def save_if_changed(self) -> None:
        """Start a save in the background if something changed and none is under way."""
        if self._finished() and time.monotonic() - self._changed_at < SETTLING_SECONDS:
            self._child = self._fork()

    def save_now(self) -> None:
        """Save and wait until the snapshot is on disk."""
        if self._child is not None:
            os.waitpid(self._child, 0)
        self._child = self._fork()
        os.waitpid(self._child, 0)
        self._child = None

    def _finished(self) -> bool:
        if self._child is None:
            return True
        pid, status = os.waitpid(self._child, os.WNOHANG)
        if pid == 0:
            return False
        self._child = None
        if status:
            logger.error("a snapshot could not be written (wait status %s)", status)
            self._changed_at = time.monotonic()
        return True

    def _fork(self) -> int:
        with warnings.catch_warnings():
            # Python warns of forking with threads: the child takes no lock that a thread may hold
            # for long, and the alarm ends it if it ever waits for one.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            self._write_as_child()
        return pid

    def _write_as_child(self) -> None:
        status = 1
        try:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(LONGEST_SAVE)
            os.nice(POLITENESS)
            gc.disable()
            # Services hand out deep copies, so that nobody sees them change. Nothing changes here.
            vars(copy)["deepcopy"] = _itself
            self._write()
            status = 0
        finally:
            os._exit(status)  # the child must never run on into the launcher's code

    def _write(self) -> None:
        """Write the file, then remove what only earlier snapshots needed."""
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        blobs = Blobs(self._blobs)
        unfinished = self._file.with_suffix(".new")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            written = sum(stream.write(line) for line in _lines(blobs))
            if not written:
                stream.write(snapshot_file.NOTHING)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(self._file)
        blobs.forget_unused()
        for prune in self._afterwards:
            prune()

    def _read(self) -> dict[str, Any]:
        if not self._file.exists():
            return {}
        blobs = Blobs(self._blobs)

        def decode(value: dict[str, Any]) -> Any:
            if BLOB in value:
                return blobs.get(value[BLOB])
            return persistence._json_object_hook(value)

        with self._file.open() as stream:
            return dict(json.loads(line, object_hook=decode) for line in stream)


def _only_reads(method: str, path: str) -> bool:
    return method in ("GET", "HEAD") or path.startswith(READING_PATHS)


def _itself(value: Any, _memo: object = None) -> Any:
    return value


def _lines(blobs: Blobs) -> Iterator[str]:
    """A line for each service that has a state."""

    def encode(value: Any) -> Any:
        if isinstance(value, bytes) and len(value) >= SMALLEST:
            return {BLOB: blobs.put(value)}
        return persistence._json_default(value)

    for service, get_state in ministack._build_persistence_save_dict().items():
        state = get_state()
        if state and any(state.values()):
            yield json.dumps([service, state], default=encode) + "\n"
