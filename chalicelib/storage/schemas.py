"""What the API says and hears of bytes."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Size = Annotated[int, Meta(ge=0, le=5 * 1024**4)]
"""Bytes of one file; S3 takes objects of up to 5 TiB."""


class CreateUpload(msgspec.Struct, forbid_unknown_fields=True):
    """A file that is going to be handed in."""

    filename: Annotated[str, Meta(min_length=1, max_length=255)]
    size: Annotated[int, Meta(ge=1)]


class Upload(msgspec.Struct):
    """Where to put a file, how, and until when."""

    upload_id: str
    url: str
    method: Literal["PUT"]
    headers: dict[str, str]
    expires_at: datetime


class BlobRef(msgspec.Struct):
    """Some content, by hash and size in bytes."""

    sha256: Sha256
    size: Size


class WantBlobs(msgspec.Struct):
    """Contents to be read."""

    sha256: Annotated[list[Sha256], Meta(max_length=200)]


class BlobUrls(msgspec.Struct):
    """Addresses to read contents from, by hash."""

    urls: dict[str, str]


class OfferBlobs(msgspec.Struct):
    """Contents to be stored."""

    blobs: Annotated[list[BlobRef], Meta(max_length=200)]


class UploadKind(StrEnum):
    """How to store a content."""

    EXISTS = "exists"
    """It is there: nothing to do."""
    FULL = "full"
    """There is no room for it."""
    PUT = "put"
    """By one request."""
    MULTIPART = "multipart"
    """In parts, and then complete it."""


class BlobUpload(msgspec.Struct, omit_defaults=True):
    """How to store one content: as its `kind` says.

    A `put` goes to `url` with `headers`; of a `multipart`, the n-th `part_size` bytes go to the
    n-th of `urls`.
    """

    sha256: str
    kind: UploadKind
    url: str | None = None
    headers: dict[str, str] | None = None
    upload_id: str | None = None
    part_size: int | None = None
    urls: list[str] | None = None


class BlobUploads(msgspec.Struct):
    """How to store each of the contents offered."""

    uploads: list[BlobUpload]


class CompleteBlob(msgspec.Struct):
    """The parts of a large content are all there."""

    sha256: Sha256
    size: Size
    upload_id: Annotated[str, Meta(min_length=1, max_length=1024)]
    etags: Annotated[
        list[Annotated[str, Meta(max_length=256)]], Meta(min_length=1, max_length=10_000)
    ]


class Done(msgspec.Struct):
    """Nothing to tell: it is done."""
