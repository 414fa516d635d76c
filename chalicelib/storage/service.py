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
        expires_at=int((clock.now() + _UPLOAD_LIFE).timestamp()),
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
    if not ids.is_id("up", upload_id):
        raise missing
    try:
        upload = Upload.get(upload_id)
    except db.DoesNotExist as error:
        raise missing from error
    if upload.account_id != account_id or upload.expires_at <= clock.seconds():
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
    had = owned(account_id, (blob.sha256 for blob in blobs))
    return [
        BlobUpload(blob.sha256, kind="exists") if blob.sha256 in had else _way_in(account_id, blob)
        for blob in blobs
    ]


def _way_in(account_id: str, blob: BlobRef) -> BlobUpload:
    bucket, key = config.settings().blobs_bucket, _own_key(account_id, blob.sha256)
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
    key = _own_key(account_id, sha256)
    if not s3.finish_parts(config.settings().blobs_bucket, key, upload_id, etags):
        raise Conflict("The parts don't make a whole. Upload the file again.", code="bad_parts")


def claim(account_id: str, blobs: Iterable[BlobRef]) -> None:
    """Record that the account has these contents, after looking that they arrived.

    Raises `Conflict` (`blob_missing`) naming those that did not, or not in the stated size.
    """
    wanted = {blob.sha256: blob.size for blob in blobs}
    had = owned(account_id, wanted)
    wrong = [sha for sha, blob in had.items() if blob.size != wanted[sha]]
    fresh = [sha for sha in wanted if sha not in had]
    bucket = config.settings().blobs_bucket
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sizes = pool.map(lambda sha: s3.size_of(bucket, _own_key(account_id, sha)), fresh)
        wrong += [sha for sha, size in zip(fresh, sizes, strict=True) if size != wanted[sha]]
    if wrong:
        raise Conflict(
            "Some files have not arrived. Upload them again.", code="blob_missing", sha256=wrong
        )
    now = clock.now()
    for blob in had.values():
        _renew(blob, now)
    with Blob.batch_write() as batch:
        for sha in fresh:
            batch.save(_row(account_id, sha, wanted[sha], now))


def _renew(blob: Blob, now: datetime) -> None:
    """Keep the sweep away from old content that is about to be used again."""
    if blob.created_at > now - _UNUSED_FOR / 2:
        return
    try:
        blob.update([Blob.created_at.set(now)], condition=Blob.sha256.exists())
    except db.UpdateError as error:
        db.unless_refused(error)
        raise Conflict(
            "Some files have not arrived. Upload them again.",
            code="blob_missing",
            sha256=[blob.sha256],
        ) from error


def put(account_id: str, content: bytes) -> BlobRef:
    """Store a small content that is in hand."""
    blob = BlobRef(hashlib.sha256(content).hexdigest(), len(content))
    bucket, key = config.settings().blobs_bucket, _own_key(account_id, blob.sha256)
    s3.write(bucket, key, content, "application/octet-stream")
    _row(account_id, blob.sha256, blob.size, clock.now()).save()
    return blob


def _row(account_id: str, sha256: str, size: int, now: datetime) -> Blob:
    return Blob(account_id, sha256, size=size, key=_own_key(account_id, sha256), created_at=now)


def owned(account_id: str, hashes: Iterable[str]) -> dict[str, Blob]:
    """Which of these contents the account has."""
    keys = [(account_id, sha) for sha in set(hashes)]
    return {blob.sha256: blob for blob in Blob.batch_get(keys)} if keys else {}


def addresses(account_id: str, hashes: list[str]) -> dict[str, str]:
    """Where to read these contents. Raises `NotFound` unless the account has every one."""
    blobs = owned(account_id, hashes)
    missing = sorted(set(hashes) - set(blobs))
    if missing:
        raise NotFound("Some contents are not there.", sha256=missing[:10])
    bucket = config.settings().blobs_bucket
    return {sha: s3.presign_get(bucket, blob.key) for sha, blob in blobs.items()}


def write_document(key: str, content: bytes) -> None:
    """Store a JSON document of the service itself, such as a manifest."""
    s3.write(config.settings().blobs_bucket, key, content, "application/json")


def read_document(key: str) -> bytes:
    """A JSON document of the service itself. Raises `NoDocument` if it is not there."""
    return s3.read(config.settings().blobs_bucket, key)


def document_address(key: str) -> str:
    """Where to read a JSON document of the service itself."""
    return s3.presign_get(config.settings().blobs_bucket, key)


def documents(folder: str, *, unchanged_for: timedelta = timedelta(0)) -> list[str]:
    """The JSON documents in a folder (`manifests/nb_…/`), or those written at least so long ago."""
    before = clock.now() - unchanged_for
    found = s3.listed(config.settings().blobs_bucket, folder)
    return [key for key, written_at in found if not unchanged_for or written_at <= before]


def delete_documents(keys: list[str]) -> None:
    """Delete JSON documents of the service itself."""
    s3.delete(config.settings().blobs_bucket, keys)


def accounts() -> set[str]:
    """Every account that has contents."""
    return {blob.account_id for blob in Blob.scan(attributes_to_get=["account_id"])}


def sweep(account_id: str, in_use: set[str]) -> int:
    """Delete the account's contents that nothing needs any more. Answers how many.

    Contents younger than a day stay: a snapshot that names them may be on its way.
    """
    before = clock.now() - _UNUSED_FOR
    unused = [
        blob
        for blob in Blob.query(account_id)
        if blob.sha256 not in in_use and blob.created_at < before
    ]
    swept = [blob for blob in unused if _forget(blob, before)]
    own = _own_key(account_id, "")
    # Rows first: a row without bytes would break a promise, bytes without a row only cost.
    s3.delete(config.settings().blobs_bucket, [b.key for b in swept if b.key.startswith(own)])
    return len(swept)


def _forget(blob: Blob, before: datetime) -> bool:
    """Delete a row, unless it was renewed since it was read."""
    try:
        blob.delete(condition=Blob.created_at < before)
    except db.DeleteError as error:
        db.unless_refused(error)
        return False
    return True


def _own_key(account_id: str, sha256: str) -> str:
    return f"blobs/{account_id}/{sha256}"
