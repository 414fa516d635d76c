"""Looking at a notebook's files of before, and bringing them back."""

import posixpath
from collections.abc import Iterable
from tempfile import TemporaryFile
from typing import Any

from chalicelib.core import clock, ids, pages
from chalicelib.core.errors import NotFound, TooLarge
from chalicelib.storage import service as storage
from chalicelib.workspaces import archive, drafts, manifests, tree
from chalicelib.workspaces.drafts import Draft, Limits
from chalicelib.workspaces.models import Snapshot
from chalicelib.workspaces.schemas import Changes, ContentOfThen, File, FileChange

SHOWN = 512 * 1024
"""Bytes of a file that are shown as text; a longer one is downloaded."""
MOST_CHANGES = 1000
"""Changed paths that are listed of one snapshot."""
MOST_ZIPPED = 200 * 1024**2
"""Bytes of a snapshot that are packed into a zip: in half a minute, the time of a request."""
MOST_ZIPPED_FILES = 5000
"""Paths of a snapshot that are packed: files, links and empty folders."""


def snapshots(
    notebook_id: str, limit: int, since: dict[str, Any] | None
) -> tuple[list[Snapshot], str | None]:
    """A page of the kept snapshots of a notebook, newest first, and a cursor."""
    return pages.page(
        Snapshot.query(
            notebook_id,
            scan_index_forward=False,
            limit=limit,
            last_evaluated_key=since,
            consistent_read=True,
        )
    )


def find(notebook_id: str, seq: int) -> Snapshot:
    """A kept snapshot. Raises `NotFound`."""
    found = Snapshot.query(notebook_id, Snapshot.seq == seq, consistent_read=True)
    snapshot = next(iter(found), None)
    if snapshot is None:
        raise NotFound("This version is not kept any more. Look at the list of versions again.")
    return snapshot


def changes(snapshot: Snapshot) -> Changes:
    """What differs from the kept snapshot before."""
    rows = Snapshot.query(
        snapshot.notebook_id, Snapshot.seq < snapshot.seq, scan_index_forward=False, limit=1
    )
    before = next(iter(rows), None)
    old = manifests.read(before.manifest) if before else []
    found = list(tree.differences(old, manifests.read(snapshot.manifest)))
    shown = [FileChange(*each) for each in found[:MOST_CHANGES]]
    return Changes(shown, len(found) - len(shown))


def files(snapshot: Snapshot, after: str, limit: int) -> list[File]:
    """The files whose paths come after one, in order."""
    return [entry for entry in manifests.read(snapshot.manifest) if entry.path > after][:limit]


def content(snapshot: Snapshot, path: str) -> ContentOfThen:
    """A file as it was. Raises `NotFound`."""
    entry = _file(snapshot, path)
    url = storage.address(entry.owner or "", entry.sha256 or "", posixpath.basename(path))
    return ContentOfThen(path, entry.size, _text(entry), url)


def _file(snapshot: Snapshot, path: str) -> File:
    for entry in manifests.read(snapshot.manifest):
        if entry.path == path and entry.kind == "file":
            return entry
    raise NotFound("This file was not there then.")


def _text(entry: File) -> str | None:
    if entry.size > SHOWN:
        return None
    try:
        text = storage.read(entry.owner or "", entry.sha256 or "").decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def restored(account_id: str, snapshot: Snapshot, paths: list[str] | None, limits: Limits) -> Draft:
    """Make ready a snapshot that has some files, or everything, as they were.

    Raises `NotFound`, and `Conflict` (`quota_exceeded`, `too_many_files`, `list_too_long`) if the
    notebook would grow beyond what one may hold.
    """
    newest = drafts.newest_of(snapshot.notebook_id)
    now = manifests.read(newest.manifest) if newest else []
    then = manifests.read(snapshot.manifest)
    after = then if paths is None else tree.with_files(now, _chosen(then, paths))
    size, before = sum(entry.size for entry in after), newest.bytes if newest else 0
    drafts.require_few_files(len(after), len(now))
    if size > before:
        drafts.require_room(size, before, limits.notebook)
    is_more = size > before or tree.length(after) > tree.length(now)

    def check(listed: int) -> None:
        if is_more:
            drafts.require_fits(account_id, newest, size + listed, limits)

    written = manifests.write(after, account_id, check)
    difference = tree.compare(now, after)
    draft = Snapshot(
        snapshot.notebook_id,
        newest.seq + 1 if newest else 1,
        id=ids.new_id("snap"),
        account_id=account_id,
        manifest=written.name,
        owners=written.owners,
        files=sum(entry.kind == "file" for entry in after),
        bytes=size,
        manifest_bytes=len(written.content),
        replaced=difference.departed,
        added=difference.added,
        changed=difference.changed,
        removed=difference.removed,
        created_at=clock.now(),
    )
    return Draft(draft, newest, is_more, frozenset({written.key}))


def _chosen(then: Iterable[File], paths: list[str]) -> list[File]:
    by_path = {entry.path: entry for entry in then}
    if missing := [path for path in paths if path not in by_path]:
        raise NotFound(f"“{missing[0]}” was not there then.", field="paths")
    return [by_path[path] for path in paths]


def zipped(account_id: str, snapshot: Snapshot, name: str) -> str:
    """An address of all of a snapshot as one zip, with harmless names. Raises `TooLarge`."""
    entries = manifests.read(snapshot.manifest)
    if snapshot.bytes > MOST_ZIPPED or len(entries) > MOST_ZIPPED_FILES:
        raise TooLarge(
            f"This version has {len(entries)} files of {snapshot.bytes / 1024**2:.0f} MiB; up to "
            f"{MOST_ZIPPED_FILES} files of {MOST_ZIPPED // 1024**2} MiB are packed into a zip. "
            "Download single files, or restore it and pack it inside the notebook.",
            limit=MOST_ZIPPED,
        )
    with TemporaryFile() as file:
        archive.pack(file, entries)
        size = file.tell()
        file.seek(0)
        return storage.hand_out(account_id, file, size, f"{name}.zip")
