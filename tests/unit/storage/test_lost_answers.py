"""Whichever answer of AWS is lost, contents end up where they would have."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import aws, clock
from chalicelib.core.errors import Conflict
from chalicelib.storage import service
from chalicelib.storage.models import Blob
from chalicelib.storage.schemas import BlobRef
from tests.endings import (
    Act,
    Story,
    ends_the_same_cut_off_and_run_again,
    ends_the_same_whichever_answer_is_lost,
)
from tests.lost_answers import Wire

ACCOUNT = "acc_1"
LARGE = b"large" * 1024**2


def ref(content: bytes) -> BlobRef:
    return BlobRef(hashlib.sha256(content).hexdigest(), len(content))


def arrived(content: bytes, key: str | None = None) -> BlobRef:
    """Content that its owner has put, and not claimed."""
    blob = ref(content)
    key = key or f"blobs/{ACCOUNT}/{blob.sha256}"
    aws.client("s3").put_object(Bucket="blobs", Key=key, Body=content)
    return blob


def stored(content: bytes, *, days_ago: int = 0) -> BlobRef:
    blob = service.put(ACCOUNT, content)
    before = clock.now() - timedelta(days=days_ago)
    Blob(ACCOUNT, blob.sha256).update([Blob.created_at.set(before)])
    return blob


def a_file_is_handed_in() -> Act:
    return lambda: service.offer_upload(ACCOUNT, "a.ipynb", 10)


def contents_are_offered() -> Act:
    blobs = [stored(b"there"), ref(b"new")]
    return lambda: service.offer_blobs(ACCOUNT, blobs)


def parts_are_joined() -> Act:
    client, blob = aws.client("s3"), ref(LARGE)
    key = f"blobs/{ACCOUNT}/{blob.sha256}"
    upload_id = client.create_multipart_upload(Bucket="blobs", Key=key)["UploadId"]
    part: dict[str, Any] = {"Bucket": "blobs", "Key": key, "UploadId": upload_id, "PartNumber": 1}
    etag = client.upload_part(**part, Body=LARGE)["ETag"]
    return lambda: service.complete_blob(ACCOUNT, blob.sha256, upload_id, [etag])


def contents_are_claimed() -> Act:
    blobs = [arrived(b"new"), stored(b"old", days_ago=3), stored(b"young")]
    return lambda: service.claim(ACCOUNT, blobs)


def contents_are_claimed_that_never_arrived() -> Act:
    def refused() -> object:
        with pytest.raises(Conflict) as conflict:
            service.claim(ACCOUNT, [ref(b"nowhere")])
        return conflict.value.details

    return refused


def contents_are_stored() -> Act:
    return lambda: service.put(ACCOUNT, b"small")


def unused_contents_are_swept() -> Act:
    used, _ = stored(b"used", days_ago=3), stored(b"unused", days_ago=3)
    stored(b"young")
    return lambda: service.sweep(ACCOUNT, {used.sha256})


def swept_contents_are_forgotten() -> Act:
    blob = stored(b"unused", days_ago=3)
    service.sweep(ACCOUNT, set())
    Blob(ACCOUNT, blob.sha256).update([Blob.swept_at.set(clock.now() - timedelta(days=2))])
    return lambda: service.sweep(ACCOUNT, set())


STORIES = (
    a_file_is_handed_in,
    contents_are_offered,
    parts_are_joined,
    contents_are_claimed,
    contents_are_claimed_that_never_arrived,
    contents_are_stored,
    unused_contents_are_swept,
    swept_contents_are_forgotten,
)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_it_ends_the_same_whichever_answer_is_lost(wire: Wire, story: Story) -> None:
    ends_the_same_whichever_answer_is_lost(wire, story)


@pytest.mark.parametrize(
    "step",
    [
        contents_are_claimed,
        contents_are_stored,
        unused_contents_are_swept,
        swept_contents_are_forgotten,
    ],
    ids=lambda step: step.__name__,
)
def test_what_is_cut_off_anywhere_and_run_again_ends_the_same(wire: Wire, step: Story) -> None:
    ends_the_same_cut_off_and_run_again(wire, step)
