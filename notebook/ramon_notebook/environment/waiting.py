"""Importing a package that is still being installed again waits for it.

The agent says in a file beside the overlay what is still to come and what has failed. While that
file exists, every interpreter of the overlay has a finder that looks there first: without it,
the first cell after a start would get "No module named …", or the image's older version.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

STATE = "packages.json"
"""The file, in the folder that the overlay is in."""

NOT_HERE = "RAMON_DOES_NOT_WAIT"
"""A variable of processes that must not wait: the installer's own."""

MOST_SECONDS = 900
"""Seconds that an import waits at most; as long as an installation may take."""

TICK = 0.1


def install() -> None:
    """Let imports in this process wait for what is being installed; cheap when nothing is."""
    state = Path(sys.prefix).parent / STATE
    if state.exists() and NOT_HERE not in os.environ:
        sys.meta_path.insert(0, WaitingFinder(state))
        sys.meta_path.append(FailedFinder(state))


class WaitingFinder:
    """Comes first: waits while a module's package is to come, and lets the others find it."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def find_spec(
        self, name: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Wait for a top-level module that is on the list; never finds anything itself."""
        if path is None and (requirement := self._waiting().get(name)):
            sys.stderr.write(f"Waiting for {requirement}, which is being installed again…\n")
            deadline = time.monotonic() + MOST_SECONDS
            while name in self._waiting() and time.monotonic() < deadline:
                time.sleep(TICK)
            importlib.invalidate_caches()
        return None

    def _waiting(self) -> dict[str, str]:
        waiting: dict[str, str] = _read(self._state).get("waiting", {})
        return waiting


class FailedFinder:
    """Comes last: says why a module that the notebook once had is not there."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def find_spec(
        self, name: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raise ModuleNotFoundError with the reason, for a module whose package failed."""
        if path is None and (failed := _read(self._state).get("failed", {}).get(name)):
            requirement, reason = failed
            raise ModuleNotFoundError(
                f"No module named {name!r}. This notebook had {requirement}, which could not be "
                f"installed again at the start: {reason}",
                name=name,
            )
        return None


def _read(state: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(state.read_text("utf-8"))
    except (OSError, ValueError):  # nothing waits any more
        return {}
    return found
