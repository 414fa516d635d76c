"""The rules of a workspace: snapshots follow one another, and never lose a file silently."""

from collections.abc import Callable

from chalicelib.core import clock, db, ids
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.observability import log
from chalicelib.storage import service as storage
from chalicelib.storage.schemas import BlobRef, BlobUpload, UploadKind
from chalicelib.storage.service import Needed
from chalicelib.workspaces import drafts, history, manifests, tree
from chalicelib.workspaces.drafts import Draft, Limits, add, newest_of
from chalicelib.workspaces.models import Snapshot
from chalicelib.workspaces.past import changes, content, files, find, restored, snapshots, zipped
from chalicelib.workspaces.schemas import Commit, Committed, Entry, File, Head

__all__ = [
    "Draft",
    "Limits",
    "Snapshot",
    "add",
    "changes",
    "content",
    "files",
    "find",
    "newest_of",
    "restored",
    "snapshots",
    "zipped",
]


_TRIED = 4
"""How often the bytes of a whole quota may be on their way: what is cut off, or changes while it is
brought, is offered anew, and what was offered before counts for two hours more."""


def head(account_id: str, notebook_id: str, limits: Limits) -> Head:
    """The newest snapshot, with an address of its manifest."""
    newest = newest_of(notebook_id)
    room = _room(storage.stored(account_id), newest, limits)
    if newest is None:
        return Head(None, 0, None, None, room, 0)
    return Head(
        snapshot_id=newest.id,
        seq=newest.seq,
        manifest=newest.manifest,
        manifest_url=manifests.address(newest.manifest),
        quota_bytes=room,
        used_bytes=newest.bytes,
    )


def _room(stored: storage.Stored, newest: Snapshot | None, limits: Limits) -> int:
    """Bytes to which a notebook's files may grow.

    It is what the account's other roots and the list of the notebook's files leave of its quota.
    """
    others, listed = stored.held, 0
    if newest is not None:
        others, listed = others - newest.total_bytes, newest.manifest_bytes
    return max(0, min(limits.account - others - listed, limits.notebook))


def addresses(notebook_id: str, hashes: list[str]) -> dict[str, str]:
    """Where to read contents that the newest snapshot names, whoever owns the copies.

    Raises `NotFound` unless it names every one: a hash alone opens nothing.
    """
    wanted = set(hashes)
    owners = {e.sha256: e.owner for e in _files(newest_of(notebook_id)) if e.sha256 in wanted}
    if missing := sorted(wanted - owners.keys()):
        raise NotFound("Some contents are not there.", sha256=missing[:10])
    urls: dict[str, str] = {}
    for owner in set(filter(None, owners.values())):
        urls |= storage.addresses(owner, [sha for sha in hashes if owners[sha] == owner])
    return urls


def offer(
    account_id: str, notebook_id: str, limits: Limits, blobs: list[BlobRef]
) -> list[BlobUpload]:
    """How to store contents that the next snapshot is to name; what the newest one names is there.

    No more is offered than the notebook may hold, or holds: shrinking is always allowed.
    """
    newest = newest_of(notebook_id)
    named = {(entry.sha256, entry.size) for entry in _files(newest)}
    there = [blob for blob in blobs if (blob.sha256, blob.size) in named]
    others = [blob for blob in blobs if (blob.sha256, blob.size) not in named]
    had = newest.bytes if newest else 0
    room = max(had, _room(storage.stored(account_id), newest, limits))
    most = _TRIED * max(room, limits.account)
    ways = storage.offer_blobs(account_id, others, room=room, most=most)
    return [*(BlobUpload(blob.sha256, kind=UploadKind.EXISTS) for blob in there), *ways]


def commit(
    account_id: str,
    notebook_id: str,
    limits: Limits,
    change: Commit,
    also: Callable[[db.Writes, Snapshot], object] = lambda *_: None,
) -> Committed:
    """Add a snapshot: the newest one with `change` applied. `also` adds to its transaction.

    Where the account has no room left for its history, the oldest of that goes.

    Raises `Conflict`: `snapshot_conflict` when `parent` is not the newest snapshot,
    `quota_exceeded` when the files or the list of them would grow beyond the limits,
    `too_many_files` when there would be more of them than a notebook may have (shrinking is always
    allowed), `list_too_long` when their paths and links would take too much,
    `blob_missing` when contents have not arrived, `files_missing` when the newest snapshot's
    manifest is not there. Raises `Invalid` for paths that don't fit.
    """
    newest = newest_of(notebook_id)
    if (newest.id if newest else None) != change.parent:
        raise drafts.conflict(newest)
    entries = _files(newest)
    after = tree.apply(entries, change, account_id)
    drafts.require_few_files(len(after.entries), len(entries))
    before = newest.bytes if newest else 0
    if after.bytes > before:
        drafts.require_room(after.bytes, before, _room(storage.stored(account_id), newest, limits))
    claimed = [BlobRef(e.sha256, e.size) for e in after.to_claim if e.sha256]
    keys = storage.claim(account_id, claimed)
    draft = _draft(account_id, notebook_id, newest, after, keys, limits)
    saved = add(draft, limits, lambda write: also(write, draft.snapshot))
    if saved.seq % history.EVERY == 0:
        history.thin(notebook_id)
    history.make_room(account_id, limits.account)
    return saved


def first(account_id: str, notebook_id: str, limits: Limits, seeds: dict[str, bytes]) -> Draft:
    """Make ready the first snapshot of a new notebook, from a few small files.

    Raises `Conflict` (`quota_exceeded`) before anything is stored, if they don't fit.
    """
    now = clock.millis()
    puts = []
    for path, data in sorted(seeds.items()):
        blob = storage.ref(data)
        puts.append(Entry(path, sha256=blob.sha256, size=blob.size, mtime_ms=now))
    after = tree.apply([], Commit(None, puts=puts), account_id)
    listed = len(manifests.pack(after.entries, account_id).content)
    drafts.require_room(after.bytes + listed, 0, _room(storage.stored(account_id), None, limits))
    blobs = [storage.put(account_id, data, most=_TRIED * limits.account) for data in seeds.values()]
    keys = storage.claim(account_id, blobs)
    return _draft(account_id, notebook_id, None, after, keys, limits)


def copy(account_id: str, from_notebook: str, to_notebook: str) -> Draft | None:
    """Make ready to give a new notebook of `account_id` the files of another one: one row."""
    newest = newest_of(from_notebook)
    if newest is None:
        return None
    if not manifests.renew(newest.owners or (), newest.manifest):
        return copy(account_id, from_notebook, to_notebook)  # it was dropped at this moment
    snapshot = Snapshot(
        to_notebook,
        1,
        id=ids.new_id("snap"),
        account_id=account_id,
        manifest=newest.manifest,
        owners=newest.owners,
        files=newest.files,
        bytes=newest.bytes,
        manifest_bytes=newest.manifest_bytes,
        added=newest.files,
        created_at=clock.now(),
    )
    return Draft(snapshot)


def forget(notebook_id: str) -> None:
    """Delete every snapshot of a notebook. Manifests and contents go with later sweeps."""
    history.forget(notebook_id)


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


def sweep(account_id: str) -> Needed:
    """Thin the histories of an account, and delete manifests that no root of any account needs.

    Answers what is needed of the account's contents (`manifests.sweep`).
    """
    for notebook_id in {row.notebook_id for row in Snapshot.by_account.query(account_id)}:
        history.thin(notebook_id)
    return manifests.sweep(account_id)


def _draft(
    account_id: str,
    notebook_id: str,
    parent: Snapshot | None,
    after: tree.Changed,
    claimed: frozenset[str],
    limits: Limits,
) -> Draft:
    is_more = after.bytes > (parent.bytes if parent else 0) or after.lengthened > 0

    def check(listed: int) -> None:
        if is_more:
            drafts.require_fits(account_id, parent, after.bytes + listed, limits)

    written = manifests.write(after.entries, account_id, check)
    snapshot = Snapshot(
        notebook_id,
        parent.seq + 1 if parent else 1,
        id=ids.new_id("snap"),
        account_id=account_id,
        manifest=written.name,
        owners=written.owners,
        files=after.files,
        bytes=after.bytes,
        manifest_bytes=len(written.content),
        replaced=after.departed,
        added=after.added,
        changed=after.changed,
        removed=after.removed,
        created_at=clock.now(),
    )
    return Draft(snapshot, parent, is_more, claimed | {written.key})


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
