"""The rules of storage: who has which content, and how bytes come in and go out."""

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from chalicelib.core import clock, config, db, ids
from chalicelib.core.errors import Conflict, NotFound, TooLarge
from chalicelib.storage import s3
from chalicelib.storage.models import Blob, Upload
from chalicelib.storage.schemas import BlobRef, BlobUpload

NoDocument = s3.NoObject
MIB = 1024**2
LARGEST_UPLOAD = 50 * MIB
"""Bytes of a file handed in by a browser: a notebook with many plots has a few."""
_MULTIPART_FROM = 64 * MIB
_PART = 32 * MIB
_MOST_PARTS = 1000
_AT_ONCE = 16
_UPLOAD_LIFE = timedelta(hours=1)
_UNUSED_FOR = timedelta(days=1)


def offer_upload(account_id: str, filename: str, size: int) -> tuple[Upload, str, dict[str, str]]:
    """Allow a browser to hand in a file. Answers the record, the address and the headers."""
    if size > LARGEST_UPLOAD:
        raise TooLarge(
            f"This file has {size / MIB:.0f} MiB; up to {LARGEST_UPLOAD // MIB} MiB can be handed "
            "in here. Clear the notebook's outputs, or upload the file from inside a notebook.",
            limit=LARGEST_UPLOAD,
        )
    upload = Upload(
        ids.new_id("up"),
        account_id=account_id,
        filename=filename,
        size=size,
        expires_at=clock.second_of(clock.now() + _UPLOAD_LIFE),
    )
    upload.save()
    url, headers = s3.presign_put(_uploads(), _upload_key(upload), size, None)
    # Browsers set Content-Length themselves, and let no script do it.
    headers.pop("Content-Length")
    return upload, url, headers


def read_upload(account_id: str, upload_id: str) -> tuple[str, bytes]:
    """A file that was handed in: its name and bytes.

    Raises `NotFound` when it is not this account's, has expired, or never arrived.
    """
    missing = NotFound("This upload does not exist or has expired. Upload the file again.")
    upload = db.find(Upload, upload_id) if ids.is_id("up", upload_id) else None
    if upload is None or upload.account_id != account_id or upload.expires_at <= clock.seconds():
        raise missing
    size = s3.size_of(_uploads(), _upload_key(upload))
    if size is None:
        raise Conflict("The file has not arrived yet. Upload it, and try again.", code="no_file")
    if size > LARGEST_UPLOAD:
        raise TooLarge(f"This file has {size / MIB:.0f} MiB.", limit=LARGEST_UPLOAD)
    return upload.filename, s3.read(_uploads(), _upload_key(upload))


def _uploads() -> str:
    return config.settings().uploads_bucket


def _upload_key(upload: Upload) -> str:
    return f"uploads/{upload.account_id}/{upload.id}"


def offer_blobs(account_id: str, blobs: list[BlobRef]) -> list[BlobUpload]:
    """How to store each of these contents; those that the account has need nothing."""
    rows = _rows(account_id, (blob.sha256 for blob in blobs))
    return [_way_in(account_id, blob, rows.get(blob.sha256)) for blob in blobs]


def _way_in(account_id: str, blob: BlobRef, row: Blob | None) -> BlobUpload:
    if row is not None and row.swept_at is None:
        return BlobUpload(blob.sha256, kind="exists")
    bucket, key = config.settings().blobs_bucket, _new_key(account_id, blob.sha256, row)
    if blob.size <= _MULTIPART_FROM:
        url, headers = s3.presign_put(bucket, key, blob.size, blob.sha256)
        return BlobUpload(blob.sha256, kind="put", url=url, headers=headers)
    part_size = max(_PART, -(-blob.size // (_MOST_PARTS * MIB)) * MIB)
    upload_id, urls = s3.start_parts(bucket, key, -(-blob.size // part_size))
    return BlobUpload(
        blob.sha256, kind="multipart", upload_id=upload_id, part_size=part_size, urls=urls
    )


def complete_blob(account_id: str, sha256: str, upload_id: str, etags: list[str]) -> None:
    """Join the parts of a large content. Raises `Conflict` when S3 refuses: then start again."""
    key = _new_key(account_id, sha256, _rows(account_id, [sha256]).get(sha256))
    if not s3.finish_parts(config.settings().blobs_bucket, key, upload_id, etags):
        raise Conflict("The parts don't make a whole. Upload the file again.", code="bad_parts")


def claim(account_id: str, blobs: Iterable[BlobRef]) -> None:
    """Record that the account has these contents, after looking that they arrived.

    Raises `Conflict` (`blob_missing`) naming those that did not, or not in the stated size.
    """
    offered = list(blobs)
    wanted = {blob.sha256: blob.size for blob in offered}
    rows = _rows(account_id, wanted)
    had = [row for row in rows.values() if row.swept_at is None]
    missing = [blob.sha256 for blob in offered if blob.size != wanted[blob.sha256]]
    missing += [row.sha256 for row in had if row.size != wanted[row.sha256]]
    fresh = [
        _row(account_id, BlobRef(sha, size), rows.get(sha))
        for sha, size in wanted.items()
        if sha not in rows or rows[sha].swept_at is not None
    ]
    bucket = config.settings().blobs_bucket
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sizes = pool.map(lambda row: s3.size_of(bucket, row.key), fresh)
        missing += [r.sha256 for r, size in zip(fresh, sizes, strict=True) if size != r.size]
    missing = missing or [row.sha256 for row in had if not _renew(row)]
    if missing:
        raise Conflict(
            "Some files have not arrived. Upload them again.", code="blob_missing", sha256=missing
        )
    with Blob.batch_write() as batch:
        for row in fresh:
            batch.save(row)


def _renew(blob: Blob) -> bool:
    """Keep the sweep away from old content that is about to be used. False if it was there first.

    What is younger than half the time after which contents are swept is safe without.
    """
    now = clock.now()
    if blob.created_at > now - _UNUSED_FOR / 2:
        return True
    is_there = Blob.sha256.exists() & Blob.swept_at.does_not_exist()
    return db.update_if(blob, is_there, [Blob.created_at.set(now)])


def put(account_id: str, content: bytes) -> BlobRef:
    """Store a small content that is in hand."""
    blob = BlobRef(hashlib.sha256(content).hexdigest(), len(content))
    had = owned(account_id, [blob.sha256]).get(blob.sha256)
    if had is not None and _renew(had):
        return blob
    row = _row(account_id, blob, _rows(account_id, [blob.sha256]).get(blob.sha256))
    s3.write(config.settings().blobs_bucket, row.key, content, "application/octet-stream")
    row.save()
    return blob


def _row(account_id: str, blob: BlobRef, before: Blob | None) -> Blob:
    """The row of new content, in the place of the one that was there before."""
    key = _new_key(account_id, blob.sha256, before)
    return Blob(account_id, blob.sha256, size=blob.size, key=key, created_at=clock.now())


def _rows(account_id: str, hashes: Iterable[str]) -> dict[str, Blob]:
    """The rows of these contents, of swept ones too."""
    keys = [(account_id, sha) for sha in set(hashes)]
    # Consistent: an old answer could show content that a sweep has just taken.
    found = Blob.batch_get(keys, consistent_read=True) if keys else ()
    return {blob.sha256: blob for blob in found}


def owned(account_id: str, hashes: Iterable[str]) -> dict[str, Blob]:
    """Which of these contents the account has."""
    rows = _rows(account_id, hashes)
    return {sha: row for sha, row in rows.items() if row.swept_at is None}


def addresses(account_id: str, hashes: list[str]) -> dict[str, str]:
    """Where to read these contents. Raises `NotFound` unless the account has every one."""
    blobs = owned(account_id, hashes)
    missing = sorted(set(hashes) - set(blobs))
    if missing:
        raise NotFound("Some contents are not there.", sha256=missing[:10])
    bucket = config.settings().blobs_bucket
    return {sha: s3.presign_get(bucket, blob.key) for sha, blob in blobs.items()}


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


def accounts() -> set[str]:
    """Every account that has contents."""
    return {blob.account_id for blob in Blob.scan(attributes_to_get=["account_id"])}


def sweep(account_id: str, in_use: set[str]) -> int:
    """Delete the account's contents that nothing needs any more. Answers how many.

    Contents younger than a day stay: a snapshot that names them may be on its way. The row of
    swept content stays for a day as well; until then the same content gets another key when it is
    stored again, so that what is deleted here is never what a later upload has brought.
    """
    before = clock.now() - _UNUSED_FOR
    rows = list(Blob.query(account_id, consistent_read=True))
    swept = [row for row in rows if row.swept_at is not None]
    unused = [row for row in rows if row.swept_at is None and row.sha256 not in in_use]
    now_swept = [row for row in unused if row.created_at < before and _take_away(row, before)]
    own = _own_key(account_id, "")
    bucket = config.settings().blobs_bucket
    keys = [row.key for row in swept + now_swept if row.key.startswith(own)]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        found = [
            v for each in threads.map(lambda key: s3.versions(bucket, key), keys) for v in each
        ]
    s3.delete(bucket, found)
    for row in swept:
        if row.swept_at is not None and row.swept_at < before:
            db.delete_if(row, Blob.swept_at == row.swept_at)
    return len(now_swept)


def _take_away(blob: Blob, before: datetime) -> bool:
    """Take content from its account, unless it was renewed since its row was read."""
    is_unused = (Blob.created_at < before) & Blob.swept_at.does_not_exist()
    return db.update_if(blob, is_unused, [Blob.swept_at.set(clock.now())])


def _new_key(account_id: str, sha256: str, row: Blob | None) -> str:
    """Where new bytes of some content go: not where a sweep may still be deleting."""
    own = _own_key(account_id, sha256)
    if row is None:
        return own
    return row.key if row.swept_at is None else f"{own}.{int(row.swept_at.timestamp() * 1000)}"


def _own_key(account_id: str, sha256: str) -> str:
    return f"blobs/{account_id}/{sha256}"
