"""Manifests: the lists of files that snapshots name, compressed and called by their SHA-256.

A manifest is shared by everything that holds the same files: the snapshots of a notebook, its
duplicates in any account. It names each content with the account that owns the copy, so whoever
holds a root that names a manifest reads what it names, and nobody else does. For each owner there
is a row that says so: by these rows a sweep finds everything that needs an owner's copies, whoever
holds it.

To refer to a manifest, first renew its rows, then write the document, then the root: so a sweep
that is at work at the same moment keeps it. A document that nothing refers to is dropped by one
sweep and deleted by a later one.
"""

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import lru_cache
from threading import Lock

import msgspec

from chalicelib.core import clock, db
from chalicelib.storage import service as storage
from chalicelib.storage.service import Needed
from chalicelib.workspaces.models import KnownManifest, Snapshot
from chalicelib.workspaces.schemas import MANIFEST_VERSION, File, Manifest

GRACE = timedelta(hours=1)
"""How long what nothing refers to is kept: far longer than a request takes, from the renewal of a
row to the root that is written last."""
_FAST = 1
"""zlib's level. Hashes are most of a manifest: level 6 takes twice as long for 6 % fewer bytes."""
_AT_ONCE = 16
_OPEN = Lock()
"""Sweeps hold one manifest open at a time: one of 100,000 files takes 30 MiB of memory."""
_HELD, _KEPT, _GONE = "held", "kept", "gone"


class _Named(msgspec.Struct):
    """Of an entry, what a sweep needs."""

    sha256: str | None = None
    owner: str | None = None


class _Contents(msgspec.Struct):
    entries: list[_Named]


def write(entries: Sequence[File], account_id: str) -> tuple[str, set[str]]:
    """Store a manifest. Answers its name and the accounts that own copies of its contents.

    One without contents (folders alone, or nothing) is owned by who writes it, and swept with that.
    """
    document = msgspec.json.encode(Manifest(MANIFEST_VERSION, list(entries)))
    name = hashlib.sha256(document).hexdigest()
    owners = {entry.owner for entry in entries if entry.owner} or {account_id}
    for owner in sorted(owners):
        _begin(owner, name)
    storage.write_document(_key(name), zlib.compress(document, _FAST))
    return name, owners


def renew(owners: Iterable[str], name: str) -> bool:
    """Make ready to refer to a manifest that something else refers to. False if it is gone."""
    return all(_renew(owner, name) for owner in sorted(owners))


def _renew(owner: str, name: str) -> bool:
    is_there = KnownManifest.name.exists() & KnownManifest.gone_at.does_not_exist()
    anew = [KnownManifest.renewed_at.set(clock.now()), KnownManifest.dropped_at.remove()]
    return db.update_if(KnownManifest(owner, name), is_there, anew)


def _begin(owner: str, name: str) -> None:
    row = KnownManifest(owner, name, renewed_at=clock.now())
    db.put_new(row, or_if=KnownManifest.name.exists())


def read(name: str) -> list[File]:
    """The files that a manifest lists, sorted by path.

    Raises `storage.NoDocument` if it is not there, ValueError if its content is not what it is
    called by.
    """
    return list(_read(name))


@lru_cache(maxsize=3)
def _read(name: str) -> tuple[File, ...]:
    # Manifests never change, so a process that commits again need not read its last one.
    return tuple(msgspec.json.decode(_document(name), type=Manifest).entries)


def _document(name: str) -> bytes:
    return _unpacked(name, storage.read_document(_key(name)))


def _unpacked(name: str, stored: bytes) -> bytes:
    document = zlib.decompress(stored)
    if hashlib.sha256(document).hexdigest() != name:
        raise ValueError(f"the manifest {name} has another content")
    return document


def address(name: str) -> str:
    """Where to read a manifest."""
    return storage.document_address(_key(name))


def _key(name: str) -> str:
    return f"manifests/{name}"


def sweep(owner: str) -> Needed:
    """Drop an owner's manifests that nothing refers to, and delete those dropped long ago.

    Answers what is needed of the owner's contents. Raises `storage.NoDocument` if a manifest that
    is referred to is missing: then nobody knows what is in use, and nothing may be deleted.
    """
    rows = list(KnownManifest.query(owner, consistent_read=True))
    is_held: dict[str, bool] = {}
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        fates = list(threads.map(_look_at, rows))
        kept = [(row.name, fate) for row, fate in zip(rows, fates, strict=True) if fate != _GONE]
        for _ in threads.map(lambda it: _note(owner, it[0], it[1] == _HELD, is_held), kept):
            pass
    return Needed({sha for sha, held in is_held.items() if held}, set(is_held))


def _look_at(row: KnownManifest) -> str:
    """Decide about a manifest: it is held, kept for a while, or gone now."""
    now = clock.now()
    as_read = KnownManifest.renewed_at == row.renewed_at
    if _is_held(row.name):
        if row.dropped_at is not None:
            db.update_if(row, as_read, [KnownManifest.dropped_at.remove()])
        return _HELD
    if row.renewed_at > now - GRACE:
        return _KEPT
    if row.dropped_at is None:
        db.update_if(row, as_read, [KnownManifest.dropped_at.set(now)])
        return _KEPT
    if row.dropped_at > now - GRACE:
        return _KEPT
    # Looked up before: what is written by somebody who renewed the row is another version.
    versions = storage.versions(_key(row.name))
    is_mine = as_read & (KnownManifest.dropped_at == row.dropped_at)
    if not db.update_if(row, is_mine, [KnownManifest.gone_at.set(now)]):
        return _KEPT
    storage.delete_versions(versions)
    db.delete_if(row, as_read & (KnownManifest.gone_at == now))
    return _GONE


def _is_held(name: str) -> bool:
    """Whether anything refers to a manifest.

    The index is a moment behind: what it shows is looked up, and nothing is dropped that was
    renewed lately.
    """
    return any(_is_there(found) for found in Snapshot.by_manifest.query(name))


def _is_there(found: Snapshot) -> bool:
    try:
        Snapshot.get(found.notebook_id, found.seq, consistent_read=True)
    except db.DoesNotExist:
        return False
    return True


def _note(owner: str, name: str, is_held: bool, noted: dict[str, bool]) -> None:
    """Note the hashes of an owner's contents that a manifest names, and whether a root needs them.

    Versions of a notebook name mostly the same contents: each is kept in memory once.
    """
    try:
        stored = storage.read_document(_key(name))
    except storage.NoDocument:
        if is_held:
            raise
        return  # its document was to be written and never was, or another owner's sweep
    with _OPEN:
        for entry in msgspec.json.decode(_unpacked(name, stored), type=_Contents).entries:
            if entry.sha256 and entry.owner == owner:
                noted[entry.sha256] = is_held or noted.get(entry.sha256, False)
