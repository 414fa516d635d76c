"""Noticing changes of the workspace when they happen."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from ramon_notebook.workspace.ignore import IgnoreRules

log = logging.getLogger(__name__)

POLL = 1.0
"""Seconds between scans where the system can't watch a tree this large, or fails to again."""


SOMEWHERE = ("",)
"""Paths that changed, where it is not known which."""


class Watcher:
    """Calls `on_change` from a thread of its own with the paths that may have changed."""

    def __init__(
        self, root: Path, rules: IgnoreRules, on_change: Callable[[Iterable[str]], None]
    ) -> None:
        self._root = root
        self._on_change = on_change
        self._rules = rules
        self._stopped = threading.Event()
        self._failure = ""
        self._thread = threading.Thread(target=self._run, name="workspace-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End within a second or so; does not wait."""
        self._stopped.set()

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                self._watch()
        except OSError as error:
            log.warning("The workspace can't be watched (%s); it is scanned instead.", error)
            while not self._stopped.wait(POLL):
                self._on_change(SOMEWHERE)

    def _watch(self) -> None:
        """Watch until something can't be told, such as a name that is not UTF-8."""
        import watchfiles  # here, because it takes part of the start's time elsewhere

        is_new = True
        try:
            for changes in watchfiles.watch(
                self._root,
                watch_filter=self._is_kept,
                debounce=100,
                step=20,
                stop_event=self._stopped,
                rust_timeout=1000,
                yield_on_timeout=True,
            ):
                if is_new:  # what changed before it watched
                    self._on_change(SOMEWHERE)
                is_new = False
                if changes:
                    self._on_change([self._relative(path) for _, path in changes])
        except OSError:
            raise
        except (RuntimeError, ValueError) as error:
            # No one file may end the watching of all others. While a folder's name is not UTF-8,
            # each watch fails at once: then this scans.
            if str(error) != self._failure:
                log.warning("A change could not be told (%s); the watch begins again.", error)
            self._failure = str(error)
            self._on_change(SOMEWHERE)
            self._stopped.wait(POLL)

    def _is_kept(self, _change: object, path: str) -> bool:
        return not self._rules.ignores(self._relative(path))

    def _relative(self, path: str) -> str:
        return Path(path).relative_to(self._root).as_posix()
