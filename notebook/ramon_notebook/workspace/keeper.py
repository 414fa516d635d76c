"""The thread that keeps the workspace: watches, scans, and commits what changed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ramon_notebook.errors import AgentError, Gone
from ramon_notebook.workspace.cadence import Cadence
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

FINAL_RETRY = 0.5
"""Seconds between tries of the last snapshot."""

SOMEWHERE = ("",)
"""What changed, when nobody knows what did."""


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
        cadence: Cadence | None = None,
    ) -> None:
        self._root = root
        self._committer = committer
        self._index = index
        self._on_gone = on_gone
        self._rules = rules
        self._cadence = cadence or Cadence()
        self._timer = self._cadence.timer
        self._noticed = threading.Event()
        self._finishing = threading.Event()
        self._thread = threading.Thread(target=self.run, name="workspace-keeper", daemon=True)
        self._status = Status()

    @property
    def status(self) -> Status:
        """How well the workspace is kept now: what waits for its turn is not saved yet."""
        status = self._status
        if self._cadence.is_waiting and not status.pending_files:
            return replace(status, pending_files=1)
        return status

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
        self._thread.start()

    def notice(self, paths: Iterable[str] = SOMEWHERE) -> None:
        """These changed, or may have."""
        self._cadence.changed(paths)
        self._noticed.set()

    def finish(self) -> None:
        """Stop watching; `flush` commits what is left."""
        self._finishing.set()
        self._noticed.set()

    def flush(self, timeout: float | None = None) -> bool:
        """Stop watching and commit everything; whether all of it is saved.

        Tried again and again for `timeout` seconds, or until the process is killed. What can't be
        kept at all (`status.error` names it) does not count. Raises Gone when the service takes
        nothing any more.
        """
        self.finish()
        deadline = float("inf") if timeout is None else self._timer.now() + timeout
        if self._thread.is_alive():
            self._thread.join(timeout)
        while not self._thread.is_alive() and self._timer.now() < deadline:
            if self._keep(final=True):
                return self._status.pending_files == 0
            self._timer.wait(threading.Event(), FINAL_RETRY)
        return False

    def run(self) -> None:
        """Look and commit until `finish`. `start` does this in a thread of its own."""
        failed_wait = 0.0
        self.notice()
        while not self._finishing.is_set():
            self._rest()
            if not self._finishing.is_set():
                failed_wait = self._turn(failed_wait)

    def _rest(self) -> None:
        """Wait until something that changed is due, or for `RESCAN` seconds."""
        until = self._timer.now() + RESCAN
        while not self._finishing.is_set():
            left = until - self._timer.now()
            due = self._cadence.due_in()
            left = left if due is None else min(left, due)
            if left <= 0:
                break
            self._timer.wait(self._noticed, left)
            self._noticed.clear()
        self._timer.wait(self._finishing, DEBOUNCE)

    def _turn(self, failed_wait: float) -> float:
        """Look and commit once; how long it waited then because it failed, or 0."""
        started = self._timer.now()
        self._cadence.take_up()
        try:
            done = self._keep(final=False)
        except Gone:
            self._on_gone()
            self._timer.wait(self._finishing, RESCAN)
            return 0
        if done:
            took = self._timer.now() - started
            self._timer.wait(self._finishing, min(took * SCAN_SHARE, RETRY_LIMIT))
            return 0
        wait = min(max(failed_wait * 2, 1), RETRY_LIMIT)
        self._timer.wait(self._finishing, wait)
        return wait

    def _keep(self, *, final: bool) -> bool:
        """Bring the newest snapshot to what is there now; False when it must be tried again."""
        found = scan(self._root, self._rules)
        looked = self._index.entries(found, self._committer.committed, final=final)
        changed = self._committer.changes(looked.entries)
        if changed and not final and self._cadence.due_in(changed):
            self._cadence.changed(changed)
            return True
        try:
            outcome = self._committer.bring_to(looked.entries)
        except Gone:
            raise
        except AgentError as error:
            log.warning("The workspace could not be saved: %s", error)
            self._cadence.changed(changed)
            pending = max(self._status.pending_files, 1)
            self._status = replace(self._status, error=_unsaved(error), pending_files=pending)
            return False
        if changed:
            self._cadence.tried(changed)
        for path in outcome.changed:
            self._index.forget(path)
        self._cadence.unsure([*looked.again, *outcome.changed])
        self._status = self._status_after(outcome, looked)
        return not (final and outcome.changed)

    def _status_after(self, outcome: Outcome, looked: Looked) -> Status:
        pending = len(outcome.over_quota) + len(outcome.changed) + len(looked.waiting)
        error = None
        if outcome.over_quota:
            used = self.quota_bytes - self.free_bytes
            error = outcome.why or full_message(self.quota_bytes, used)
            error += f" Not saved: {_some(outcome.over_quota)}."
        elif looked.problems:
            error = f"Not saved: {_some(looked.problems)}"
        saved_at = self._status.saved_at if pending else datetime.now(UTC)
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
