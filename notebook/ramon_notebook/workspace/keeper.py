"""The thread that keeps the workspace: watches, scans, and commits what changed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ramon_notebook.errors import AgentError, Gone
from ramon_notebook.workspace.commit import Committer, Outcome
from ramon_notebook.workspace.ignore import IgnoreRules
from ramon_notebook.workspace.index import Index, Looked
from ramon_notebook.workspace.scan import scan

log = logging.getLogger(__name__)

DEBOUNCE = 0.3
"""Seconds from a change to the scan that sees it, so that a burst is one snapshot."""

RESCAN = 30
"""Seconds between scans when no change was noticed: a net under the watcher."""

SCAN_SHARE = 4
"""After a scan that took t seconds, the next waits t times this: scans stay a fifth of a core."""

RETRY_LIMIT = 15
"""Longest wait, in seconds, between tries while the service does not answer."""


@dataclass(frozen=True)
class Status:
    """How well the workspace is kept.

    saved_at: when the newest snapshot was known to equal the workspace; None before the first.
    error: why something is not in it, for a person; None when all is well.
    pending_files: changed paths that are in no snapshot yet.
    full: whether something did not fit into the quota.
    """

    saved_at: datetime | None = None
    error: str | None = None
    pending_files: int = 0
    full: bool = False


class Keeper:
    """Keeps the workspace in snapshots from `start` to `flush`.

    `status` may be read from any thread. `on_gone` is called from the keeper's thread when
    the service no longer wants this server.
    """

    def __init__(
        self,
        root: Path,
        committer: Committer,
        index: Index,
        rules: IgnoreRules,
        on_gone: Callable[[], None],
    ) -> None:
        self._root = root
        self._committer = committer
        self._index = index
        self._on_gone = on_gone
        self._rules = rules
        self._noticed = threading.Event()
        self._finishing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="workspace-keeper", daemon=True)
        self.status = Status()
        self._again = False

    @property
    def free_bytes(self) -> int:
        """What the quota leaves, as of the newest snapshot."""
        head = self._committer.head
        return head.quota_bytes - head.used_bytes

    @property
    def quota_bytes(self) -> int:
        """The size the workspace may have."""
        return self._committer.head.quota_bytes

    def start(self) -> None:
        """Begin; whatever the workspace holds already is looked at first."""
        self._noticed.set()
        self._thread.start()

    def notice(self) -> None:
        """Something changed, or may have."""
        self._noticed.set()

    def flush(self, timeout: float) -> bool:
        """Stop watching and commit everything; whether all of it is saved within `timeout` seconds.

        What can't be kept at all (`status.error` names it) does not count.
        """
        deadline = time.monotonic() + timeout
        self._finishing.set()
        self._noticed.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        while not self._thread.is_alive() and time.monotonic() < deadline:
            if self._keep(final=True):
                return self.status.pending_files == 0
            time.sleep(0.5)
        return False

    def _run(self) -> None:
        wait: float = 0
        while not self._finishing.is_set():
            self._noticed.wait(wait)
            self._finishing.wait(DEBOUNCE)
            self._noticed.clear()
            if self._finishing.is_set():
                return
            wait = self._turn(wait)

    def _turn(self, last_wait: float) -> float:
        """Look and commit once; seconds until the next turn, if nothing is noticed earlier."""
        started = time.monotonic()
        try:
            done = self._keep(final=False)
        except Gone:
            self._on_gone()
            return RESCAN
        if not done:
            wait = min(max(last_wait * 2, 1), RETRY_LIMIT)
            self._finishing.wait(wait)
            return wait
        self._finishing.wait(min((time.monotonic() - started) * SCAN_SHARE, RETRY_LIMIT))
        return 0.1 if self._again else RESCAN

    def _keep(self, *, final: bool) -> bool:
        """Bring the newest snapshot to what is there now; False when it must be tried again."""
        found = scan(self._root, self._rules)
        looked = self._index.entries(found, self._committer.committed, final=final)
        self._again = looked.again
        try:
            outcome = self._committer.bring_to(looked.entries)
        except Gone:
            raise
        except AgentError as error:
            log.warning("The workspace could not be saved: %s", error)
            pending = max(self.status.pending_files, 1)
            self.status = replace(self.status, error=_unsaved(error), pending_files=pending)
            return False
        for path in outcome.changed:
            self._index.forget(path)
        self._again = looked.again or bool(outcome.changed)
        self.status = self._status(outcome, looked)
        return not (final and outcome.changed)

    def _status(self, outcome: Outcome, looked: Looked) -> Status:
        pending = len(outcome.over_quota) + len(outcome.changed) + looked.waiting
        error = None
        if outcome.over_quota:
            error = full_message(self.quota_bytes, self.quota_bytes - self.free_bytes)
            error += f" Not saved: {_some(outcome.over_quota)}."
        elif looked.problems:
            error = f"Not saved: {_some(looked.problems)}"
        saved_at = self.status.saved_at if pending else datetime.now(UTC)
        return Status(saved_at, error, pending, bool(outcome.over_quota))


def full_message(quota_bytes: int, used_bytes: int) -> str:
    """What to tell a person whose workspace is full."""
    used, quota = used_bytes / 2**30, quota_bytes / 2**30
    return (
        f"Your workspace is full: {used:.1f} of {quota:.1f} GiB. "
        "Delete files or choose a larger plan."
    )


def _unsaved(error: AgentError) -> str:
    return f"Changes are not saved yet, and will be tried again: {error}"


def _some(names: list[str], most: int = 3) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
