"""Claims: an account has some content from then on, because it arrived where it was offered.

Each content is claimed by itself: looked at, freed of the mark by which S3 would delete it, then
written down. A claim that is cut off leaves contents that are claimed, and are swept if nothing
names them.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from chalicelib.core import clock, config, db
from chalicelib.core.errors import Conflict
from chalicelib.storage import offers, s3, sweeping
from chalicelib.storage.models import Blob
from chalicelib.storage.offers import Content
from chalicelib.storage.schemas import BlobRef

_AT_ONCE = 16
_TRIES = 5


def rows_of(account_id: str, hashes: Iterable[str]) -> dict[str, Blob]:
    """The rows of these contents, of deleted ones too."""
    keys = [(account_id, sha) for sha in set(hashes)]
    # Consistent: an old answer could show content that a sweep has just taken.
    found = Blob.batch_get(keys, consistent_read=True) if keys else ()
    return {blob.sha256: blob for blob in found}


def is_there(row: Blob | None) -> bool:
    """Whether an account has the content of a row."""
    return row is not None and row.deleted_at is None


def claim(account_id: str, blobs: Iterable[BlobRef]) -> frozenset[str]:
    """Record that the account has these contents, after looking that they arrived.

    Gives their keys. New ones must have been offered. Raises `Conflict` (`blob_missing`) naming
    those that did not arrive, or not in the stated size.
    """
    named = list(dict.fromkeys((blob.sha256, blob.size) for blob in blobs))
    rows = rows_of(account_id, (sha for sha, _ in named))
    is_new = any(not is_there(rows.get(sha)) for sha, _ in named)
    offered = offers.usable(account_id, seconds=0) if is_new else []
    one = partial(_claim, account_id, rows, offered)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        keys = list(pool.map(one, named))
    missing = [sha for (sha, _), key in zip(named, keys, strict=True) if key is None]
    if missing:
        raise Conflict(
            "Some files have not arrived. Upload them again.", code="blob_missing", sha256=missing
        )
    return frozenset(filter(None, keys))


def _claim(
    account_id: str, rows: Mapping[str, Blob], offered: list[Content], wanted: tuple[str, int]
) -> str | None:
    """The key of one content that is the account's now; None if it is not there."""
    sha256, size = wanted
    row = rows.get(sha256)
    for _ in range(_TRIES):
        if row is not None and is_there(row):
            return row.key if row.size == size and _renew(row) else None
        given_up = _given_up(row)
        mine = [c for c in offered if (c.sha256, c.size) == wanted and c.key not in given_up]
        arrived = next(filter(_has_arrived, mine), None)
        if arrived is None:
            return None
        if db.put_new(_row(account_id, arrived, row), or_if=_as_read(row)):
            return arrived.key
        # Somebody else was quicker with other bytes of the same: mine expire with their offer.
        row = rows_of(account_id, [sha256]).get(sha256)
    return None


def _has_arrived(content: Content) -> bool:
    bucket = config.settings().blobs_bucket
    return s3.size_of(bucket, content.key) == content.size and s3.claim(bucket, content.key)


def _row(account_id: str, content: Content, before: Blob | None) -> Blob:
    """The row of new content, in the place of the one that was there before."""
    return Blob(
        account_id,
        content.sha256,
        size=content.size,
        key=content.key,
        renewed_at=clock.now(),
        given_up=_given_up(before) or None,
    )


def _given_up(deleted: Blob | None) -> set[str]:
    """The keys at which a sweep deletes what it finds."""
    return {deleted.key, *(deleted.given_up or ())} if deleted else set()


def _as_read(before: Blob | None) -> db.Condition | None:
    if before is None:
        return None
    as_read: db.Condition = (Blob.deleted_at == before.deleted_at) & (Blob.key == before.key)
    return as_read


def _renew(blob: Blob) -> bool:
    """Keep the sweep away from old content that is about to be used. False if it was there first.

    What is younger than half the time after which contents are swept is safe without.
    """
    now = clock.now()
    if blob.swept_at is None and blob.renewed_at > now - sweeping.GRACE / 2:
        return True
    is_kept = Blob.sha256.exists() & Blob.deleted_at.does_not_exist()
    return db.update_if(blob, is_kept, [Blob.renewed_at.set(now), Blob.swept_at.remove()])
