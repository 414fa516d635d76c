"""Manifests: the lists of files that snapshots name, compressed and called by their SHA-256.

A manifest is shared by everything that holds the same files: the snapshots of a notebook, its
duplicates in any account. It names each content with the account that owns the copy, so whoever
holds a root that names a manifest reads what it names, and nobody else does. For each owner there
is a row that says so: by these rows a sweep finds everything that needs an owner's copies, whoever
holds it.

To refer to a manifest, first renew its rows, then write the document, then the root: so a sweep
that is at work at the same moment keeps it. A document that nothing refers to is dropped by one
sweep and deleted by a later one; then it has another name if it is written again.

Its bytes are counted like those of contents: offered before it is written, held by each root that
names it, then the rest until it is deleted. A document is written once, so that S3 keeps no hidden
version of it.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from threading import Lock

import msgspec

from chalicelib.core import clock, db
from chalicelib.core.errors import Conflict
from chalicelib.storage import service as storage
from chalicelib.storage.service import Needed
from chalicelib.workspaces.models import KnownManifest, Snapshot
from chalicelib.workspaces.schemas import MANIFEST_VERSION, File, Manifest

GRACE = timedelta(hours=1)
"""How long what nothing refers to is kept: far longer than a request takes, from the renewal of a
row to the root that is written last."""
MOST_BYTES = 32 * 1024**2
"""Bytes of a list of files before it is compressed: of 100,000 paths with 130 characters each. A
function of 512 MiB has room for the last three that it read, and for a new one."""
_MOST_UNNAMED = 16 * MOST_BYTES
"""Bytes of manifests of one account that no root names yet: of saves that were refused, which count
for two hours more."""
_FAST = 1
"""zlib's level. Hashes are most of a manifest: level 6 takes twice as long for 6 % fewer bytes."""
_AT_ONCE = 16
_OPEN = Lock()
"""Sweeps hold one manifest open at a time: one of 100,000 files takes 30 MiB of memory."""
_HELD, _KEPT, _GONE = "held", "kept", "gone"
_TRIES = 10


class _Named(msgspec.Struct):
    """Of an entry, what a sweep needs."""

    sha256: str | None = None
    owner: str | None = None


class _Contents(msgspec.Struct):
    entries: list[_Named]


@dataclass(frozen=True, slots=True)
class Packed:
    """A manifest as it is stored: its name, who owns copies of its contents, and its bytes."""

    name: str
    owners: frozenset[str]
    content: bytes

    @property
    def key(self) -> str:
        """Where it is stored."""
        return _key(self.name)


def pack(entries: Sequence[File], account_id: str, again: int = 0) -> Packed:
    """Make the manifest of some files, which `account_id` is about to write.

    One without contents (folders alone, or nothing) is owned by who writes it, and swept with that.
    Raises `Conflict` (`list_too_long`).
    """
    owners = frozenset(entry.owner for entry in entries if entry.owner)
    owner = None if owners else account_id
    document = msgspec.json.encode(Manifest(MANIFEST_VERSION, list(entries), owner, again))
    _require_short(len(document))
    name = hashlib.sha256(document).hexdigest()
    return Packed(name, owners or frozenset({account_id}), zlib.compress(document, _FAST))


def _require_short(size: int) -> None:
    if size > MOST_BYTES:
        raise Conflict(
            f"The list of this notebook's files, with their paths and where links lead, would have "
            f"{size / 1024**2:.1f} MiB; it can have {MOST_BYTES // 1024**2} MiB. Delete links and "
            "files with long paths, or pack many of them into an archive.",
            code="list_too_long",
            limit=MOST_BYTES,
        )


def write(
    entries: Sequence[File], account_id: str, check: Callable[[int], object] = lambda _: None
) -> Packed:
    """Store a manifest, counted as offered to `account_id` until a root names it.

    `check` is told its size before anything is stored, and may raise.

    Raises `Conflict`: `list_too_long`, and `busy` after too many that no root came to name.
    """
    for again in range(_TRIES):
        packed = pack(entries, account_id, again)
        check(len(packed.content))
        if all(_begin(owner, packed) for owner in sorted(packed.owners)):
            storage.bring_document(account_id, packed.key, packed.content, most=_MOST_UNNAMED)
            return packed
    raise Conflict("Much is being saved here at once. Please try again.", code="busy")


def renew(owners: Iterable[str], name: str) -> bool:
    """Make ready to refer to a manifest that something else refers to. False if it is gone."""
    return all(_renew(owner, name) for owner in sorted(owners))


def _renew(owner: str, name: str) -> bool:
    is_there = KnownManifest.name.exists() & KnownManifest.gone_at.does_not_exist()
    anew = [KnownManifest.renewed_at.set(clock.now()), KnownManifest.dropped_at.remove()]
    return db.update_if(KnownManifest(owner, name), is_there, anew)


def _begin(owner: str, packed: Packed) -> bool:
    """Make ready to write a manifest. False if a sweep deletes it at this moment."""
    size = len(packed.content)
    row = KnownManifest(owner, packed.name, bytes=size, renewed_at=clock.now())
    return db.put_new(row) or _renew(owner, packed.name)


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

    Answers what is needed of the owner's contents, and which documents are there that no root
    names. Raises `storage.NoDocument` if a manifest that
    is referred to is missing: then nobody knows what is in use, and nothing may be deleted.
    """
    rows = list(KnownManifest.query(owner, consistent_read=True))
    is_held: dict[str, bool] = {}
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        fates = list(threads.map(_look_at, rows))
        kept = [(row.name, fate) for row, fate in zip(rows, fates, strict=True) if fate != _GONE]
        for _ in threads.map(lambda it: _note(owner, it[0], it[1] == _HELD, is_held), kept):
            pass
    dropped = [row for row, fate in zip(rows, fates, strict=True) if fate == _KEPT]
    return Needed(
        {sha for sha, held in is_held.items() if held},
        set(is_held),
        {_key(row.name): row.bytes for row in dropped},
    )


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
