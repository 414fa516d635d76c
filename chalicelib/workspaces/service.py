"""The rules of a workspace: snapshots follow one another, and never lose a file silently."""

from chalicelib.core import clock, db, ids
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.observability import log
from chalicelib.storage import service as storage
from chalicelib.storage.schemas import BlobRef
from chalicelib.workspaces import manifests, tree
from chalicelib.workspaces.models import Snapshot
from chalicelib.workspaces.schemas import Commit, Committed, Entry, File, Head

KEPT = 100
"""Snapshots of one notebook that are kept; every save makes one."""


def head(notebook_id: str, quota_bytes: int) -> Head:
    """The newest snapshot, with an address of its manifest."""
    newest = _newest(notebook_id)
    if newest is None:
        return Head(None, 0, None, None, quota_bytes, 0)
    return Head(
        snapshot_id=newest.id,
        seq=newest.seq,
        manifest=newest.manifest,
        manifest_url=manifests.address(newest.manifest),
        quota_bytes=quota_bytes,
        used_bytes=newest.bytes,
    )


def _newest(notebook_id: str) -> Snapshot | None:
    found = Snapshot.query(notebook_id, scan_index_forward=False, limit=1, consistent_read=True)
    return next(iter(found), None)


def addresses(notebook_id: str, hashes: list[str]) -> dict[str, str]:
    """Where to read contents that the newest snapshot names, whoever owns the copies.

    Raises `NotFound` unless it names every one: a hash alone opens nothing.
    """
    wanted = set(hashes)
    owners = {e.sha256: e.owner for e in _files(_newest(notebook_id)) if e.sha256 in wanted}
    if missing := sorted(wanted - owners.keys()):
        raise NotFound("Some contents are not there.", sha256=missing[:10])
    urls: dict[str, str] = {}
    for owner in set(filter(None, owners.values())):
        urls |= storage.addresses(owner, [sha for sha in hashes if owners[sha] == owner])
    return urls


def commit(account_id: str, notebook_id: str, quota_bytes: int, change: Commit) -> Committed:
    """Add a snapshot: the newest one with `change` applied.

    Raises `Conflict`: `snapshot_conflict` when `parent` is not the newest snapshot,
    `quota_exceeded` when the files would grow beyond the quota (shrinking is always allowed),
    `blob_missing` when contents have not arrived, `files_missing` when the newest snapshot's
    manifest is not there. Raises `Invalid` for paths that don't fit.
    """
    newest = _newest(notebook_id)
    if (newest.id if newest else None) != change.parent:
        raise _conflict(newest)
    after = tree.apply(_files(newest), change, account_id)
    before = newest.bytes if newest else 0
    if after.bytes > quota_bytes and after.bytes > before:
        raise Conflict(
            f"Your workspace is full: {_gib(after.bytes)} of {_gib(quota_bytes)} GiB. Delete "
            "files, move some into another notebook, or choose a plan with more storage.",
            code="quota_exceeded",
            quota_bytes=quota_bytes,
            used_bytes=before,
            wanted_bytes=after.bytes,
        )
    storage.claim(account_id, (BlobRef(e.sha256, e.size) for e in after.to_claim if e.sha256))
    return _append(account_id, notebook_id, newest, after)


def seed(account_id: str, notebook_id: str, files: dict[str, bytes]) -> Committed:
    """The first snapshot of a new notebook, from a few small files."""
    now = clock.millis()
    puts = []
    for path, content in sorted(files.items()):
        blob = storage.put(account_id, content)
        puts.append(Entry(path, sha256=blob.sha256, size=blob.size, mtime_ms=now))
    return _append(
        account_id, notebook_id, None, tree.apply([], Commit(None, puts=puts), account_id)
    )


def copy(account_id: str, from_notebook: str, to_notebook: str) -> Committed | None:
    """Give a new notebook of `account_id` the files that another one has: one row is written."""
    newest = _newest(from_notebook)
    if newest is None:
        return None
    if not manifests.renew(newest.owners or (), newest.manifest):
        return copy(account_id, from_notebook, to_notebook)  # it was dropped at this moment
    return _add(
        Snapshot(
            to_notebook,
            1,
            id=ids.new_id("snap"),
            account_id=account_id,
            manifest=newest.manifest,
            owners=newest.owners,
            files=newest.files,
            bytes=newest.bytes,
            created_at=clock.now(),
        )
    )


def forget(notebook_id: str) -> None:
    """Delete every snapshot of a notebook. Manifests and contents go with later sweeps."""
    snapshots = list(Snapshot.query(notebook_id, consistent_read=True))
    with Snapshot.batch_write() as batch:
        for snapshot in snapshots:
            batch.delete(snapshot)


def contents(notebook_id: str) -> set[str]:
    """The hashes of all contents that the kept snapshots of a notebook name.

    Raises `storage.NoDocument` if one of their manifests is missing.
    """
    return {
        entry.sha256
        for name in {snapshot.manifest for snapshot in Snapshot.query(notebook_id)}
        for entry in manifests.read(name)
        if entry.sha256
    }


def sweep(account_id: str) -> set[str]:
    """Delete what no snapshot of any account needs of an account's manifests.

    Answers the hashes of the account's contents that must stay (`manifests.sweep`).
    """
    return manifests.sweep(account_id)


def _append(
    account_id: str, notebook_id: str, parent: Snapshot | None, after: tree.Changed
) -> Committed:
    name, owners = manifests.write(after.entries)
    return _add(
        Snapshot(
            notebook_id,
            parent.seq + 1 if parent else 1,
            id=ids.new_id("snap"),
            account_id=account_id,
            manifest=name,
            owners=owners or None,
            files=after.files,
            bytes=after.bytes,
            created_at=clock.now(),
        )
    )


def _add(snapshot: Snapshot) -> Committed:
    if not db.put_new(snapshot):
        # The manifest stays for the sweep: a request deletes nothing that a row might name.
        raise _conflict(_newest(snapshot.notebook_id))
    _drop_oldest(snapshot.notebook_id, snapshot.seq - KEPT)
    return Committed(snapshot.id, snapshot.seq, snapshot.bytes, snapshot.files)


def _drop_oldest(notebook_id: str, seq: int) -> None:
    if seq < 1:
        return
    for old in Snapshot.query(notebook_id, Snapshot.seq <= seq, limit=2):
        old.delete()


def _files(newest: Snapshot | None) -> list[File]:
    """The files of a newest snapshot. Raises `Conflict` (`files_missing`) if nobody knows them."""
    if newest is None:
        return []
    try:
        return manifests.read(newest.manifest)
    except storage.NoDocument as error:
        log.exception("a manifest is missing", key=str(error))
        raise Conflict(
            "The list of this notebook's files is missing. Nothing of it is deleted. Please tell "
            "the people who run this service.",
            code="files_missing",
        ) from error


def _conflict(newest: Snapshot | None) -> Conflict:
    return Conflict(
        "The workspace has changed in the meantime. Read its newest snapshot first.",
        code="snapshot_conflict",
        head=newest.id if newest else None,
    )


def _gib(count: int) -> str:
    return f"{count / 1024**3:.1f}"
