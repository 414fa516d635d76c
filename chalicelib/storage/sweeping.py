"""The sweep of an account's contents: what nothing needs any more goes, in two steps.

First content is marked; whoever names it again then has it back. An hour later its key is given up
and the versions that lie there are deleted: the same content, brought again, has another key.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

from chalicelib.core import clock, config, db
from chalicelib.storage import counter, offers, s3
from chalicelib.storage.models import Blob

GRACE = timedelta(hours=1)
"""How long content stays that was claimed or marked: far longer than a request takes."""
_REMEMBERED = timedelta(days=1)
"""How long a key is not used again: longer than any address of it works."""
_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Inventory:
    """What an account had when a sweep began: read before it is asked what is needed.

    `offered` are the keys of outstanding offers: they are counted as offered.
    """

    stored: counter.Stored
    rows: list[Blob]
    offered: set[str]


@dataclass(frozen=True, slots=True)
class Needed:
    """The hashes of an account's contents that are needed.

    `held` are those that roots of any account name now; `in_use` are these, those that roots named
    until lately, and what is needed otherwise. `documents` are the sizes of those documents about
    the account's contents that no root names and that are there still, by their keys.
    """

    held: set[str]
    in_use: set[str]
    documents: Mapping[str, int] = field(default_factory=dict)


def take_inventory(account_id: str) -> Inventory:
    """End what offers have expired, and list what the account has."""
    offers.expire(account_id)
    stored = counter.read(account_id)
    rows = list(Blob.query(account_id, consistent_read=True))
    outstanding = offers.outstanding(account_id)
    offered = {each.key for offer in outstanding for each in offers.contents_of(offer)}
    return Inventory(stored, rows, offered)


def sweep(inventory: Inventory, needed: Needed) -> int:
    """Delete contents that are not in use, and count as the rest what no root holds.

    What is offered is not counted twice.

    Answers how many were deleted.
    """
    rows, in_use, held = inventory.rows, needed.in_use, needed.held
    _mark(row for row in rows if row.swept_at is None and row.sha256 not in in_use)
    before = clock.now() - GRACE
    deleted = _delete(
        row
        for row in rows
        if row.deleted_at is None
        and row.sha256 not in in_use
        and row.swept_at is not None
        and row.swept_at < before
    )
    _clear(row for row in rows if row.given_up)
    _forget(row for row in rows if row.deleted_at is not None)
    there = [row for row in rows if row.deleted_at is None]
    others = {row.key: row.size for row in there if row.sha256 not in held} | {**needed.documents}
    rest = sum(size for key, size in others.items() if key not in inventory.offered)
    counter.correct_rest(inventory.stored, rest)
    return deleted


def _mark(unused: Iterable[Blob]) -> None:
    """Mark contents that were not claimed for a while."""
    now = clock.now()
    for row in unused:
        if row.renewed_at < now - GRACE:
            as_read = (Blob.renewed_at == row.renewed_at) & Blob.swept_at.does_not_exist()
            db.update_if(row, as_read, [Blob.swept_at.set(now)])


def _delete(marked: Iterable[Blob]) -> int:
    """Delete contents that have been marked for a while, unless they were named again."""
    now, gone = clock.now(), []
    for row in marked:
        as_read = (Blob.swept_at == row.swept_at) & Blob.deleted_at.does_not_exist()
        if db.update_if(row, as_read, [Blob.deleted_at.set(now)]):
            gone.append(row)
    _delete_bytes(gone)
    return len(gone)


def _forget(deleted: Iterable[Blob]) -> None:
    """Forget deleted contents after a day; until then, delete what comes late or was left over."""
    rows = list(deleted)
    _delete_bytes(rows)
    before = clock.now() - _REMEMBERED
    for row in rows:
        if row.deleted_at is not None and row.deleted_at < before:
            db.delete_if(row, Blob.deleted_at == row.deleted_at)


def _clear(brought_again: Iterable[Blob]) -> None:
    """Delete what a sweep that died may have left of contents that were brought again since."""
    for row in brought_again:
        _delete_at(row.given_up or ())
        db.update_if(row, Blob.given_up == row.given_up, [Blob.given_up.remove()])


def _delete_bytes(rows: list[Blob]) -> None:
    _delete_at(row.key for row in rows)


def _delete_at(keys: Iterable[str]) -> None:
    bucket = config.settings().blobs_bucket
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        found = threads.map(lambda key: s3.versions(bucket, key), keys)
        s3.delete(bucket, [version for each in found for version in each])
