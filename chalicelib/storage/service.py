"""The rules of storage: who has which content, and how bytes come in and go out."""

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from chalicelib.accounts import service as accounts
from chalicelib.core import clock, config, db
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.plans import catalogue
from chalicelib.storage import counter, offers, s3, sweeping, uploads
from chalicelib.storage.counter import Change, Stored
from chalicelib.storage.models import Blob
from chalicelib.storage.offers import Content
from chalicelib.storage.schemas import BlobRef, BlobUpload, UploadKind
from chalicelib.storage.sweeping import Needed

__all__ = ["Change", "Needed", "Stored"]

NoDocument = s3.NoObject
LARGEST_UPLOAD = uploads.LARGEST
COUNTER = counter.LABEL
MIB = catalogue.MIB
_MULTIPART_FROM = 64 * MIB
_PART = 32 * MIB
_MOST_PARTS = 1000
_AT_ONCE = 16
_ANY = 2**63
"""No bound: whoever asked has looked that there is room."""

offer_upload, read_upload, hand_out = uploads.offer, uploads.read, uploads.hand_out
stored, every_stored, is_due = counter.read, counter.every, counter.is_due
count_in, holds_at_most = counter.add_in, counter.holds_at_most
settle_in, expire_offers = offers.settle_in, offers.expire
take_inventory, sweep = sweeping.take_inventory, sweeping.sweep


def quota(account_id: str) -> int:
    """Bytes that an account's plan has room for, everything together."""
    return catalogue.plan(accounts.read(account_id).plan).most_storage_gib * catalogue.GIB


def offer_blobs(
    account_id: str, blobs: list[BlobRef], *, room: int, quota: int
) -> list[BlobUpload]:
    """How to store each of these contents; those that the account has need nothing.

    Of the others, those are offered that fit into `room` bytes, the smallest first; what is on its
    way and what is being deleted may have `quota` bytes together.
    """
    rows = _rows(account_id, (blob.sha256 for blob in blobs))
    wanted = {
        blob.sha256: Content(blob.sha256, blob.size, _new_key(account_id, blob.sha256, row))
        for blob in blobs
        if not _is_there(row := rows.get(blob.sha256))
    }
    offered = _offered(account_id, list(wanted.values()), room, quota)
    return [_way_in(blob, wanted.get(blob.sha256), offered) for blob in blobs]


def _offered(account_id: str, wanted: list[Content], room: int, quota: int) -> dict[str, Content]:
    """What is offered of some contents, by key: from earlier offers, and from a new one."""
    if not wanted:
        return {}
    before = offers.usable(account_id, seconds=s3.LIFE)
    had = {c.key: before[c.key] for c in wanted if c.key in before}
    left = room - sum(content.size for content in had.values())
    anew = offers.fitting((c for c in wanted if c.key not in had), left)
    for content in anew:
        if content.size > _MULTIPART_FROM:
            content.upload_id = s3.start_parts(config.settings().blobs_bucket, content.key)
    return had | {content.key: content for content in offers.reserve(account_id, anew, quota)}


def _way_in(blob: BlobRef, wanted: Content | None, offered: dict[str, Content]) -> BlobUpload:
    if wanted is None:
        return BlobUpload(blob.sha256, kind=UploadKind.EXISTS)
    content = offered.get(wanted.key)
    if content is None or content.size != blob.size:
        return BlobUpload(blob.sha256, kind=UploadKind.FULL)
    bucket = config.settings().blobs_bucket
    if content.upload_id is None:
        url, headers = s3.presign_put(bucket, content.key, blob.size, blob.sha256)
        return BlobUpload(blob.sha256, kind=UploadKind.PUT, url=url, headers=headers)
    part_size = max(_PART, -(-blob.size // (_MOST_PARTS * MIB)) * MIB)
    parts = -(-blob.size // part_size)
    urls = s3.presign_parts(bucket, content.key, content.upload_id, parts)
    return BlobUpload(
        blob.sha256,
        kind=UploadKind.MULTIPART,
        upload_id=content.upload_id,
        part_size=part_size,
        urls=urls,
    )


def complete_blob(account_id: str, sha256: str, upload_id: str, etags: list[str]) -> None:
    """Join the parts of a large content. Raises `Conflict` when S3 refuses: then start again."""
    key = _new_key(account_id, sha256, _rows(account_id, [sha256]).get(sha256))
    if not s3.finish_parts(config.settings().blobs_bucket, key, upload_id, etags):
        raise Conflict("The parts don't make a whole. Upload the file again.", code="bad_parts")


def claim(account_id: str, blobs: Iterable[BlobRef]) -> None:
    """Record that the account has these contents, after looking that they arrived.

    New ones must have been offered. Raises `Conflict` (`blob_missing`) naming those that did not
    arrive, or not in the stated size.
    """
    named = list(blobs)
    wanted = {blob.sha256: blob.size for blob in named}
    rows = _rows(account_id, wanted)
    had = [row for row in rows.values() if _is_there(row)]
    fresh = [
        _row(account_id, BlobRef(sha, size), rows.get(sha))
        for sha, size in wanted.items()
        if not _is_there(rows.get(sha))
    ]
    missing = [blob.sha256 for blob in named if blob.size != wanted[blob.sha256]]
    missing += [row.sha256 for row in had if row.size != wanted[row.sha256]]
    missing += _not_arrived(account_id, fresh)
    missing = missing or [row.sha256 for row in had if not _renew(row)]
    if missing:
        raise Conflict(
            "Some files have not arrived. Upload them again.", code="blob_missing", sha256=missing
        )
    with Blob.batch_write() as batch:
        for row in fresh:
            batch.save(row)


def _not_arrived(account_id: str, rows: list[Blob]) -> list[str]:
    """Which of these new contents were never offered or are not there."""
    if not rows:
        return []
    offered = offers.usable(account_id, seconds=0)
    bucket = config.settings().blobs_bucket
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sizes = list(pool.map(lambda row: s3.size_of(bucket, row.key), rows))
    return [
        row.sha256
        for row, size in zip(rows, sizes, strict=True)
        if size != row.size or row.key not in offered or offered[row.key].size != row.size
    ]


def _renew(blob: Blob) -> bool:
    """Keep the sweep away from old content that is about to be used. False if it was there first.

    What is younger than half the time after which contents are swept is safe without.
    """
    now = clock.now()
    if blob.swept_at is None and blob.renewed_at > now - sweeping.GRACE / 2:
        return True
    is_there = Blob.sha256.exists() & Blob.deleted_at.does_not_exist()
    return db.update_if(blob, is_there, [Blob.renewed_at.set(now), Blob.swept_at.remove()])


def put(account_id: str, content: bytes) -> BlobRef:
    """Store a small content that is in hand, up to `LARGEST_UPLOAD`. Claim it, then name it."""
    blob = BlobRef(hashlib.sha256(content).hexdigest(), len(content))
    row = _rows(account_id, [blob.sha256]).get(blob.sha256)
    if not _is_there(row):
        key = _new_key(account_id, blob.sha256, row)
        if key not in offers.usable(account_id, seconds=s3.LIFE):
            offers.reserve(account_id, [Content(blob.sha256, blob.size, key)], _ANY)
        s3.write(config.settings().blobs_bucket, key, content, "application/octet-stream")
    return blob


def _row(account_id: str, blob: BlobRef, before: Blob | None) -> Blob:
    """The row of new content, in the place of the one that was there before."""
    key = _new_key(account_id, blob.sha256, before)
    return Blob(account_id, blob.sha256, size=blob.size, key=key, renewed_at=clock.now())


def _rows(account_id: str, hashes: Iterable[str]) -> dict[str, Blob]:
    """The rows of these contents, of swept ones too."""
    keys = [(account_id, sha) for sha in set(hashes)]
    # Consistent: an old answer could show content that a sweep has just taken.
    found = Blob.batch_get(keys, consistent_read=True) if keys else ()
    return {blob.sha256: blob for blob in found}


def owned(account_id: str, hashes: Iterable[str]) -> dict[str, Blob]:
    """Which of these contents the account has."""
    rows = _rows(account_id, hashes)
    return {sha: row for sha, row in rows.items() if _is_there(row)}


def _is_there(row: Blob | None) -> bool:
    return row is not None and row.deleted_at is None


def addresses(account_id: str, hashes: list[str]) -> dict[str, str]:
    """Where to read these contents. Raises `NotFound` unless the account has every one."""
    blobs = owned(account_id, hashes)
    missing = sorted(set(hashes) - set(blobs))
    if missing:
        raise NotFound("Some contents are not there.", sha256=missing[:10])
    bucket = config.settings().blobs_bucket
    return {sha: s3.presign_get(bucket, blob.key) for sha, blob in blobs.items()}


def address(account_id: str, sha256: str, filename: str) -> str:
    """Where a browser downloads some content, under this name."""
    return s3.presign_get(config.settings().blobs_bucket, _key(account_id, sha256), filename)


def read(account_id: str, sha256: str) -> bytes:
    """Some content. For small ones: it is held in memory."""
    return s3.read(config.settings().blobs_bucket, _key(account_id, sha256))


def _key(account_id: str, sha256: str) -> str:
    """Where some content lies. Raises `NotFound` unless the account has it."""
    found = owned(account_id, [sha256])
    if sha256 not in found:
        raise NotFound("This content is not there.", sha256=[sha256])
    return found[sha256].key


def write_document(key: str, content: bytes) -> None:
    """Store a document of the service itself, such as a manifest."""
    s3.write(config.settings().blobs_bucket, key, content, "application/octet-stream")


def read_document(key: str) -> bytes:
    """A document of the service itself. Raises `NoDocument` if it is not there."""
    return s3.read(config.settings().blobs_bucket, key)


def document_address(key: str) -> str:
    """Where to read a document of the service itself."""
    return s3.presign_get(config.settings().blobs_bucket, key)


def versions(key: str) -> list[s3.Version]:
    """All versions of a document."""
    return s3.versions(config.settings().blobs_bucket, key)


def delete_versions(found: list[s3.Version]) -> None:
    """Delete versions of documents or contents; what was written since stays."""
    s3.delete(config.settings().blobs_bucket, found)


def _new_key(account_id: str, sha256: str, row: Blob | None) -> str:
    """Where new bytes of some content go: not where a sweep may still be deleting."""
    own = _own_key(account_id, sha256)
    if row is None or row.deleted_at is None:
        return own if row is None else row.key
    return f"{own}.{int(row.deleted_at.timestamp() * 1000)}"


def _own_key(account_id: str, sha256: str) -> str:
    return f"blobs/{account_id}/{sha256}"
