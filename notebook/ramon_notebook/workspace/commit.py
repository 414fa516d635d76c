"""Making the service's newest snapshot equal to what the workspace holds."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ramon_notebook.api import BATCH_BLOBS, BATCH_ENTRIES, AgentApi, Head, Upload
from ramon_notebook.errors import FileChanged, Refused, Unavailable
from ramon_notebook.workspace.entries import Change, Entry, batches, difference
from ramon_notebook.workspace.restore import read_manifest
from ramon_notebook.workspace.transfer import PARALLEL, BlobStore

log = logging.getLogger(__name__)

CONFLICT_TRIES = 5

FULL = frozenset({"quota_exceeded", "too_many_files", "list_too_long"})
"""Refusals after which fewer files may still be taken."""


@dataclass
class Outcome:
    """What became of a commit: paths that did not fit, and files that changed meanwhile.

    why: why those did not fit, where it is not the quota.
    """

    over_quota: list[str]
    changed: list[str]
    why: str = ""


@dataclass
class _LeftOut:
    """Paths that were not uploaded: their content changed meanwhile, or there is no room for it."""

    changed: list[str] = field(default_factory=list)
    over_quota: list[str] = field(default_factory=list)

    def __contains__(self, path: str) -> bool:
        return path in self.changed or path in self.over_quota


class Committer:
    """Keeps what the newest snapshot holds; used by one thread at a time.

    committed: the entries of the newest snapshot, by path.
    head: the newest snapshot; its manifest is not kept up to date.
    """

    def __init__(
        self, api: AgentApi, store: BlobStore, root: Path, head: Head, entries: dict[str, Entry]
    ) -> None:
        self._api = api
        self._store = store
        self._root = root
        self.head = head
        self.committed = dict(entries)
        self._stored = _hashes(entries)

    def changes(self, wanted: dict[str, Entry]) -> list[str]:
        """The paths in which `wanted` differs from the newest snapshot."""
        change = difference(self.committed, wanted)
        return [*(entry.path for entry in change.puts), *change.deletes]

    def bring_to(self, wanted: dict[str, Entry]) -> Outcome:
        """Commit whatever turns the newest snapshot into `wanted`.

        Raises Unavailable or Gone; what was committed until then stays committed.
        """
        for _ in range(CONFLICT_TRIES):
            outcome = Outcome([], [])
            change = difference(self.committed, wanted)
            if not change:
                return outcome
            try:
                for batch in batches(change, BATCH_ENTRIES):
                    self._commit_batch(batch, outcome)
            except Refused as refusal:
                self._recover(refusal)
            else:
                return outcome
        raise Unavailable("The service refused the snapshot again and again.")

    def _recover(self, refusal: Refused) -> None:
        """Prepare for another try after a refusal that tells what we did not know."""
        if refusal.code == "snapshot_conflict":
            # An answer was lost, or somebody else wrote: go on from what is there now.
            self.head = self._api.head()
            self.committed = read_manifest(self._store, self.head)
        elif refusal.code == "blob_missing":
            self._stored -= set(refusal.details["sha256"])
        else:
            raise refusal

    def _commit_batch(self, change: Change, outcome: Outcome) -> None:
        """Upload and commit `change`, or as much of it as the quota allows."""
        left_out = self._upload(change.puts)
        outcome.changed.extend(left_out.changed)
        outcome.over_quota.extend(left_out.over_quota)
        puts = [entry for entry in change.puts if entry.path not in left_out]
        if not puts and not change.deletes:
            return
        try:
            self._commit(Change(puts, change.deletes))
        except Refused as refusal:
            if refusal.code not in FULL or not puts:
                raise
            if refusal.code != "quota_exceeded":
                outcome.why = refusal.message
            if change.deletes:
                self._commit(Change([], change.deletes))
            outcome.over_quota.extend(self._commit_what_fits(puts))

    def _commit_what_fits(self, puts: list[Entry]) -> list[str]:
        """Commit as many of `puts` as fit, those that grow least first; the paths left over."""
        fitting = sorted(puts, key=self._growth)
        size = len(fitting)
        while fitting:
            batch = fitting[:size]
            try:
                self._commit(Change(batch, []))
                fitting = fitting[size:]
            except Refused as refusal:
                if refusal.code not in FULL:
                    raise
                if len(batch) == 1:
                    break
                size = len(batch) // 2
        return [entry.path for entry in fitting]

    def _growth(self, entry: Entry) -> int:
        old = self.committed.get(entry.path)
        return entry.size - (old.size if old else 0)

    def _commit(self, change: Change) -> None:
        done = self._api.commit(self.head.snapshot_id, change)
        self.head = Head(
            done.snapshot_id, done.seq, None, None, self.head.quota_bytes, done.used_bytes
        )
        for path in change.deletes:
            self.committed.pop(path, None)
        self.committed.update({entry.path: entry for entry in change.puts})

    def _upload(self, entries: Sequence[Entry]) -> _LeftOut:
        """Upload every blob that the storage lacks and has room for."""
        wanted = {e.sha256: e for e in entries if e.kind == "file" and e.sha256 not in self._stored}
        left_out = _LeftOut()
        blobs = list(wanted.values())
        with ThreadPoolExecutor(PARALLEL, "upload") as threads:
            for start in range(0, len(blobs), BATCH_BLOBS):
                batch = blobs[start : start + BATCH_BLOBS]
                uploads = self._api.uploads([(e.sha256, e.size) for e in batch])
                full = {u.sha256 for u in uploads if u.kind == "full"}
                left_out.over_quota += [e.path for e in entries if e.sha256 in full]
                fitting = [u for u in uploads if u.kind != "full"]
                for sha256, done in zip(
                    [u.sha256 for u in fitting],
                    threads.map(lambda u: self._upload_one(wanted[u.sha256], u), fitting),
                    strict=True,
                ):
                    if done:
                        self._stored.add(sha256)
                    else:
                        left_out.changed += [e.path for e in entries if e.sha256 == sha256]
        return left_out

    def _upload_one(self, entry: Entry, upload: Upload) -> bool:
        try:
            self._store.upload(self._root / entry.path, entry.size, upload)
        except (FileChanged, FileNotFoundError, PermissionError) as error:
            log.info("%s changed while it was uploaded: %s", entry.path, error)
            return False
        return True


def _hashes(entries: dict[str, Entry]) -> set[str]:
    return {entry.sha256 for entry in entries.values() if entry.kind == "file"}
