"""Files that browsers hand in, from which notebooks are made, and those packed for them.

They are counted as bytes on their way, within a bound of their own, and deleted when their offer
ends: they take no room from notebooks.
"""

from datetime import timedelta
from typing import IO

from chalicelib.core import clock, config, db, ids
from chalicelib.core.errors import Conflict, NotFound, TooLarge
from chalicelib.storage import offers, s3
from chalicelib.storage.models import Upload

MIB = 1024**2
LARGEST = 50 * MIB
"""Bytes of a file handed in by a browser: a notebook with many plots has a few."""
MOST_BYTES = 1024 * MIB
"""Bytes of such files that an account may have at once: a few zips of the largest kind…"""
MOST_FILES = 100
"""…and the number of them."""
_LIFE = timedelta(hours=1)


def offer(account_id: str, filename: str, size: int) -> tuple[Upload, str, dict[str, str]]:
    """Allow a browser to hand in a file. Answers the record, the address and the headers.

    Raises `TooLarge`, and `Conflict` (`too_many_uploads`) after too many at once.
    """
    if size > LARGEST:
        raise TooLarge(
            f"This file has {size / MIB:.0f} MiB; up to {LARGEST // MIB} MiB can be handed "
            "in here. Clear the notebook's outputs, or upload the file from inside a notebook.",
            limit=LARGEST,
        )
    upload = Upload(
        ids.new_id("up"),
        account_id=account_id,
        filename=filename,
        size=size,
        expires_at=clock.second_of(clock.now() + _LIFE),
    )
    _reserve(account_id, _file(_upload_key(upload), size), upload.id)
    upload.save()
    url, headers = s3.presign_put(_uploads(), _upload_key(upload), size, None)
    # Browsers set Content-Length themselves, and let no script do it.
    headers.pop("Content-Length")
    return upload, url, headers


def read(account_id: str, upload_id: str) -> tuple[str, bytes]:
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
    if size > LARGEST:
        raise TooLarge(f"This file has {size / MIB:.0f} MiB.", limit=LARGEST)
    return upload.filename, s3.read(_uploads(), _upload_key(upload))


def hand_out(account_id: str, file: IO[bytes], size: int, filename: str) -> str:
    """Store a file for a browser to download; gives its address, which works for an hour.

    Raises `Conflict` (`too_many_uploads`) after too many at once.
    """
    made = ids.new_id("up")
    key = f"uploads/{account_id}/{made}"
    _reserve(account_id, _file(key, size), made)
    s3.write_file(_uploads(), key, file, size)
    return s3.presign_get(_uploads(), key, filename)


def _reserve(account_id: str, content: offers.Content, offer_id: str) -> None:
    is_one_more = len(offers.on_their_way(account_id, offers.Kind.FILE)) < MOST_FILES
    if not is_one_more or not offers.reserve(account_id, [content], MOST_BYTES, offer_id):
        raise Conflict(
            f"You can upload or pack up to {MOST_FILES} files of {MOST_BYTES // MIB} MiB together "
            f"within {offers.LIFE // 3600} hours. Please try again later.",
            code="too_many_uploads",
        )


def _file(key: str, size: int) -> offers.Content:
    return offers.Content("", size, key, kind=offers.Kind.FILE)


def _uploads() -> str:
    return config.settings().uploads_bucket


def _upload_key(upload: Upload) -> str:
    return f"uploads/{upload.account_id}/{upload.id}"
