"""What one process of the benchmark `snapshots` does: it prints seconds as JSON.

    python -m benchmarks.snapshots_work --files 100000 --rounds 3

Tables and S3 are where AWS's variables say. `_s` is the time that passed, `_cpu_s` the processor
time of this process: what a function is charged for, and what other work on the machine does not
show in.
"""

import argparse
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.core import clock, db, ids
from chalicelib.storage.models import Blob
from chalicelib.workspaces import manifests
from chalicelib.workspaces import service as workspaces
from chalicelib.workspaces.models import Snapshot
from chalicelib.workspaces.schemas import Commit, Entry, File

ACCOUNT = "acc_" + "0" * 26
LIMITS = workspaces.Limits(2**50, 2**50)
DELETES = 1000
"""As many as one save may tell."""
FEW = 10

Told = dict[str, list[float]]
"""Seconds of each round by their names."""


class Work:
    """One notebook with many files and one with few, changed and duplicated."""

    def __init__(self, files: int) -> None:
        self._files = files
        self.told: Told = defaultdict(list)

    def measure(self) -> None:
        """One round of everything, each beside a bare conditional write."""
        many, few = _notebook(self._files), _notebook(FEW)
        with self._timed("put"):
            db.put_new(_row())
        with self._timed("duplicate_many"):
            _duplicate(many)
        with self._timed("duplicate_few"):
            _duplicate(few)
        parent = workspaces.head(ACCOUNT, many, LIMITS).snapshot_id
        every = self._files // DELETES
        deletes = [_path(number) for number in range(0, self._files, every)][:DELETES]
        with self._timed("delete_thousand"):
            saved = workspaces.commit(ACCOUNT, many, LIMITS, Commit(parent, deletes=deletes))
        with self._timed("change_one"):
            one = Commit(saved.snapshot_id, puts=[Entry("empty", kind="dir")])
            workspaces.commit(ACCOUNT, many, LIMITS, one)

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        began, used = time.perf_counter(), time.process_time()
        yield
        self.told[f"{name}_s"].append(time.perf_counter() - began)
        self.told[f"{name}_cpu_s"].append(time.process_time() - used)


def _notebook(files: int) -> str:
    """A notebook whose first snapshot names so many files; their contents are nobody's concern."""
    entries = [
        File(_path(n), sha256=hashlib.sha256(b"%d" % n).hexdigest(), size=n, owner=ACCOUNT)
        for n in range(files)
    ]
    written = manifests.write(entries, ACCOUNT)
    snapshot = Snapshot(
        ids.new_id("nb"),
        1,
        id=ids.new_id("snap"),
        account_id=ACCOUNT,
        manifest=written.name,
        owners=written.owners,
        files=files,
        bytes=sum(entry.size for entry in entries),
        manifest_bytes=len(written.content),
        created_at=clock.now(),
    )
    workspaces.add(workspaces.Draft(snapshot, claimed=frozenset({written.key})), LIMITS)
    return str(snapshot.notebook_id)


def _path(number: int) -> str:
    return f"data/run {number // 1000:03}/file-{number:06}.csv"


def _row() -> Blob:
    key = ids.new_id("key")
    return Blob(ACCOUNT, key, size=1, key=key, renewed_at=clock.now())


def _duplicate(notebook_id: str) -> None:
    draft = workspaces.copy(ACCOUNT, notebook_id, ids.new_id("nb"))
    if draft is None:
        raise LookupError(notebook_id)
    workspaces.add(draft, LIMITS)


def measured(files: int, rounds: int) -> Told:
    """Everything that one process measures; the first round, in which all is loaded, not told."""
    Work(max(DELETES, files // 10)).measure()
    work = Work(files)
    for _ in range(rounds):
        work.measure()
    return work.told


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.snapshots_work")
    parser.add_argument("--files", type=int, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    print(json.dumps(measured(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
