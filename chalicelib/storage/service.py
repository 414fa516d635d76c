"""The rules of storage: who has which content, and how bytes come in and go out."""

import hashlib
from collections.abc import Iterable

from chalicelib.core import config, ids
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.plans import catalogue
from chalicelib.storage import claiming, counter, offers, s3, sweeping, uploads
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
_ANY = 2**63
"""No bound."""
_Named = tuple[str, int]
"""Some content by its hash and size."""

offer_upload, read_upload, hand_out = uploads.offer, uploads.read, uploads.hand_out
stored, every_stored, is_due = counter.read, counter.every, counter.is_due
count_in, holds_at_most = counter.add_in, counter.holds_at_most
settle_in, expire_offers = offers.settle_in, offers.expire
take_inventory, sweep = sweeping.take_inventory, sweeping.sweep
claim = claiming.claim


def offer_blobs(account_id: str, blobs: list[BlobRef], *, room: int, most: int) -> list[BlobUpload]:
    """How to store each of these contents; those that the account has need nothing.

    Of the others, those are offered that fit into `room` bytes, the smallest first; all contents
    that are on their way to the account may have `most` bytes together.
    """
    rows = claiming.rows_of(account_id, (blob.sha256 for blob in blobs))
    wanted = {
        (blob.sha256, blob.size) for blob in blobs if not claiming.is_there(rows.get(blob.sha256))
    }
    offered = _offered(account_id, wanted, room, most)
    return [
        _way_in(blob, offered.get((blob.sha256, blob.size)))
        if (blob.sha256, blob.size) in wanted
        else BlobUpload(blob.sha256, kind=UploadKind.EXISTS)
        for blob in blobs
    ]


def _offered(
    account_id: str, wanted: Iterable[_Named], room: int, most: int
) -> dict[_Named, Content]:
    """What is offered of some contents: from earlier offers, and from a new one."""
    left = set(wanted)
    if not left:
        return {}
    had = {each: content for each, content in _usable(account_id).items() if each in left}
    anew = (_new(account_id, sha, size) for sha, size in sorted(left - had.keys()))
    fitting = offers.fitting(anew, room - sum(size for _, size in had))
    for content in fitting:
        if content.size > _MULTIPART_FROM:
            content.upload_id = s3.start_parts(config.settings().blobs_bucket, content.key)
    reserved = offers.reserve(account_id, fitting, most)
    return had | {(content.sha256, content.size): content for content in reserved}


def _usable(account_id: str) -> dict[_Named, Content]:
    """What was offered before and can be brought as long as an address of it works."""
    offered = offers.usable(account_id, seconds=s3.LIFE)
    return {(content.sha256, content.size): content for content in offered}


def _new(account_id: str, sha256: str, size: int) -> Content:
    """Content to be offered, at a key that nothing else ever had or will have."""
    return Content(sha256, size, f"blobs/{account_id}/{sha256}.{ids.new_id('key')}")


def _way_in(blob: BlobRef, content: Content | None) -> BlobUpload:
    if content is None:
        return BlobUpload(blob.sha256, kind=UploadKind.FULL)
    bucket = config.settings().blobs_bucket
    if content.upload_id is None:
        url, headers = s3.presign_put(bucket, content.key, blob.size, blob.sha256)
        return BlobUpload(blob.sha256, kind=UploadKind.PUT, url=url, headers=headers)
    part_size = max(_PART, -(-blob.size // (_MOST_PARTS * MIB)) * MIB)
    urls = s3.presign_parts(bucket, content.key, content.upload_id, blob.size, part_size)
    return BlobUpload(
        blob.sha256,
        kind=UploadKind.MULTIPART,
        upload_id=content.upload_id,
        part_size=part_size,
        urls=urls,
    )


def complete_blob(account_id: str, sha256: str, upload_id: str, etags: list[str]) -> None:
    """Join the parts of a large content. Raises `Conflict` when S3 refuses: then start again."""
    offered = offers.usable(account_id, seconds=0)
    keys = [c.key for c in offered if (c.sha256, c.upload_id) == (sha256, upload_id)]
    bucket = config.settings().blobs_bucket
    if not keys or not s3.finish_parts(bucket, keys[0], upload_id, etags):
        raise Conflict("The parts don't make a whole. Upload the file again.", code="bad_parts")


def ref(content: bytes) -> BlobRef:
    """The hash and the size of some content."""
    return BlobRef(hashlib.sha256(content).hexdigest(), len(content))


def put(account_id: str, content: bytes, *, most: int = _ANY) -> BlobRef:
    """Store a small content that is in hand, up to `LARGEST_UPLOAD`. Claim it, then name it.

    Raises `Conflict` (`busy`) if the account would have more than `most` bytes on their way.
    """
    blob = ref(content)
    if not owned(account_id, [blob.sha256]):
        named = (blob.sha256, blob.size)
        offered = _offered(account_id, [named], _ANY, most).get(named)
        if offered is None:
            raise _too_much()
        s3.write_unclaimed(config.settings().blobs_bucket, offered.key, content)
    return blob


def owned(account_id: str, hashes: Iterable[str]) -> dict[str, Blob]:
    """Which of these contents the account has."""
    rows = claiming.rows_of(account_id, hashes)
    return {sha: row for sha, row in rows.items() if claiming.is_there(row)}


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


def bring_document(account_id: str, key: str, content: bytes, *, most: int) -> None:
    """Store a document of the service itself, such as a manifest, unless it is there.

    Its key says what is in it. Until a root that names it settles it, it is counted as offered to
    an account; what no root names any more is deleted by the feature whose it is. Raises `Conflict`
    (`busy`) if the account would have more than `most` bytes of documents that no root names yet.
    """
    document = Content("", len(content), key, kind=offers.Kind.DOCUMENT)
    if not offers.reserve(account_id, [document], most):
        raise _too_much()
    s3.write_once(config.settings().blobs_bucket, key, content)


def _too_much() -> Conflict:
    return Conflict("Much is being saved here at once. Please try again in two hours.", code="busy")


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
