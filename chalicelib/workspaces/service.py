"""The rules of a workspace: snapshots follow one another, and never lose a file silently."""

import posixpath
from datetime import timedelta
from functools import lru_cache

import msgspec

from chalicelib.core import clock, db, ids
from chalicelib.core.errors import Conflict, Invalid
from chalicelib.core.observability import log
from chalicelib.storage import service as storage
from chalicelib.storage.schemas import BlobRef
from chalicelib.workspaces.models import Snapshot
from chalicelib.workspaces.schemas import Commit, Committed, Entry, Head, Manifest

_ORPHAN_LIFE = timedelta(days=1)
KEPT = 100
"""Snapshots of one notebook that are kept; every save makes one."""


def head(notebook_id: str, quota_bytes: int) -> Head:
    """The newest snapshot, with an address of its manifest."""
    newest = _newest(notebook_id)
    if newest is None:
        return Head(None, 0, None, quota_bytes, 0)
    return Head(
        snapshot_id=newest.id,
        seq=newest.seq,
        manifest_url=storage.document_address(newest.manifest_key),
        quota_bytes=quota_bytes,
        used_bytes=newest.bytes,
    )


def _newest(notebook_id: str) -> Snapshot | None:
    found = Snapshot.query(notebook_id, scan_index_forward=False, limit=1, consistent_read=True)
    return next(iter(found), None)


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
    entries = apply(_files(newest), change)
    used = sum(entry.size for entry in entries)
    before = newest.bytes if newest else 0
    if used > quota_bytes and used > before:
        raise Conflict(
            f"Your workspace is full: {_gib(used)} of {_gib(quota_bytes)} GiB. Delete files, move "
            "some into another notebook, or choose a plan with more storage.",
            code="quota_exceeded",
            quota_bytes=quota_bytes,
            used_bytes=before,
            wanted_bytes=used,
        )
    storage.claim(account_id, (BlobRef(e.sha256, e.size) for e in change.puts if e.sha256))
    return _append(notebook_id, newest, entries)


def seed(account_id: str, notebook_id: str, files: dict[str, bytes]) -> Committed:
    """The first snapshot of a new notebook, from a few small files."""
    now = clock.millis()
    entries = []
    for path, content in sorted(files.items()):
        blob = storage.put(account_id, content)
        entries.append(Entry(path, sha256=blob.sha256, size=blob.size, mtime_ms=now))
    return _append(notebook_id, None, apply([], Commit(None, puts=entries)))


def copy(from_notebook: str, to_notebook: str) -> Committed | None:
    """Give a new notebook the files of another one of the same account, without copying bytes."""
    newest = _newest(from_notebook)
    return _append(to_notebook, None, _files(newest)) if newest else None


def forget(notebook_id: str) -> None:
    """Delete every snapshot of a notebook. The contents go with the next sweep.

    Rows go first, so that none ever names a manifest that is not there; manifests are found by
    their folder, so that asked again after an accident it deletes the rest.
    """
    snapshots = list(Snapshot.query(notebook_id, consistent_read=True))
    with Snapshot.batch_write() as batch:
        for snapshot in snapshots:
            batch.delete(snapshot)
    storage.delete_documents(storage.documents(_manifests(notebook_id)))


def sweep(notebook_id: str) -> int:
    """Delete manifests that no snapshot names: of saves that were refused or cut off.

    Answers how many. Those younger than a day stay: their snapshot may be on its way.
    """
    old = storage.documents(_manifests(notebook_id), unchanged_for=_ORPHAN_LIFE)
    named = {row.manifest_key for row in Snapshot.query(notebook_id, consistent_read=True)}
    orphans = [key for key in old if key not in named]
    storage.delete_documents(orphans)
    return len(orphans)


def contents(notebook_id: str) -> set[str]:
    """The hashes of all contents that the kept snapshots of a notebook name.

    Raises `storage.NoDocument` if one of their manifests is missing: then nobody knows what is in
    use, and nothing of this account may be deleted.
    """
    return {
        entry.sha256
        for snapshot in Snapshot.query(notebook_id)
        for entry in _entries(snapshot)
        if entry.sha256
    }


def _append(notebook_id: str, parent: Snapshot | None, entries: list[Entry]) -> Committed:
    snapshot_id = ids.new_id("snap")
    snapshot = Snapshot(
        notebook_id,
        parent.seq + 1 if parent else 1,
        id=snapshot_id,
        files=sum(entry.kind == "file" for entry in entries),
        bytes=sum(entry.size for entry in entries),
        manifest_key=f"{_manifests(notebook_id)}{snapshot_id}.json",
        created_at=clock.now(),
    )
    storage.write_document(snapshot.manifest_key, msgspec.json.encode(Manifest(1, entries)))
    if not db.put_new(snapshot):
        # The manifest stays for the sweep: a request deletes nothing that a row might name.
        raise _conflict(_newest(notebook_id))
    _drop_oldest(notebook_id, snapshot.seq - KEPT)
    return Committed(snapshot.id, snapshot.seq, snapshot.bytes, snapshot.files)


def _manifests(notebook_id: str) -> str:
    return f"manifests/{notebook_id}/"


def _drop_oldest(notebook_id: str, seq: int) -> None:
    if seq < 1:
        return
    for old in Snapshot.query(notebook_id, Snapshot.seq <= seq, limit=2):
        old.delete()
        storage.delete_documents([old.manifest_key])


def _files(newest: Snapshot | None) -> list[Entry]:
    """The files of a newest snapshot. Raises `Conflict` (`files_missing`) if nobody knows them."""
    try:
        return _entries(newest)
    except storage.NoDocument as error:
        log.exception("a manifest is missing", key=str(error))
        raise Conflict(
            "The list of this notebook's files is missing. Nothing of it is deleted. Please tell "
            "the people who run this service.",
            code="files_missing",
        ) from error


def _entries(snapshot: Snapshot | None) -> list[Entry]:
    return list(_manifest(snapshot.manifest_key)) if snapshot else []


@lru_cache(maxsize=16)
def _manifest(key: str) -> tuple[Entry, ...]:
    # Manifests never change, so a process that commits again need not read its last one.
    manifest = msgspec.json.decode(storage.read_document(key), type=Manifest)
    return tuple(manifest.entries)


def apply(entries: list[Entry], change: Commit) -> list[Entry]:
    """The files after a change, sorted by path. Raises `Invalid` for paths that don't fit."""
    files = {entry.path: entry for entry in entries}
    for path in change.deletes:
        for gone in [p for p in files if p == path or p.startswith(f"{path}/")]:
            del files[gone]
    for entry in change.puts:
        _check(entry)
        files[entry.path] = entry
    for path in files:
        _check_parents(path, files)
    return [files[path] for path in sorted(files)]


def _check(entry: Entry) -> None:
    _check_path(entry.path)
    if (entry.kind == "file") != (entry.sha256 is not None):
        raise Invalid("Files have a sha256; nothing else has one.", field=entry.path)
    if entry.kind != "file" and entry.size:
        raise Invalid("Only files have a size.", field=entry.path)
    if (entry.kind == "symlink") != (entry.target is not None):
        raise Invalid("Symlinks have a target; nothing else has one.", field=entry.path)
    if entry.target is not None and not _stays_inside(entry.path, entry.target):
        raise Invalid("A symlink must point to something in the workspace.", field=entry.path)


def _check_path(path: str) -> None:
    parts = path.split("/")
    if "\0" in path or any(part in ("", ".", "..") for part in parts):
        raise Invalid("A path must be relative, without “.”, “..” or empty parts.", field=path)
    if any(len(part.encode()) > 255 for part in parts):
        raise Invalid("A file's name can have 255 bytes at most.", field=path[:100])


def _stays_inside(path: str, target: str) -> bool:
    if not target or "\0" in target or target.startswith("/"):
        return False
    reached = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return reached != ".." and not reached.startswith("../")


def _check_parents(path: str, files: dict[str, Entry]) -> None:
    parent = posixpath.dirname(path)
    while parent:
        above = files.get(parent)
        if above is not None and above.kind != "dir":
            raise Invalid("A file can't have files beneath it.", field=path)
        parent = posixpath.dirname(parent)


def _conflict(newest: Snapshot | None) -> Conflict:
    return Conflict(
        "The workspace has changed in the meantime. Read its newest snapshot first.",
        code="snapshot_conflict",
        head=newest.id if newest else None,
    )


def _gib(count: int) -> str:
    return f"{count / 1024**3:.1f}"
