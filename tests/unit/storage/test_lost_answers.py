"""Whichever answer of AWS is lost, contents end up where they would have."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core import aws, clock
from chalicelib.core.errors import Conflict
from chalicelib.storage import service
from chalicelib.storage.models import Blob
from chalicelib.storage.schemas import BlobRef, BlobUpload
from tests.endings import (
    Act,
    Story,
    ends_the_same_cut_off_and_run_again,
    ends_the_same_whichever_answer_is_lost,
)
from tests.lost_answers import Wire

ACCOUNT, QUOTA = "acc_1", 1024**3
LARGE = b"large" * 1024**2


def ref(content: bytes) -> BlobRef:
    return BlobRef(hashlib.sha256(content).hexdigest(), len(content))


def offered(*contents: BlobRef) -> list[BlobUpload]:
    return service.offer_blobs(ACCOUNT, list(contents), room=QUOTA, most=QUOTA)


def arrived(wire: Wire, content: bytes) -> BlobRef:
    """Content that its owner was offered and has put, and not claimed."""
    blob = ref(content)
    brought(wire, offered(blob)[0], content)
    return blob


def brought(wire: Wire, way: BlobUpload, content: bytes) -> int:
    """Put content as an agent does; gives the status of the answer."""
    assert way.url is not None
    assert way.headers is not None
    return wire.put(way.url, way.headers, content)


def stored(content: bytes, *, days_ago: int = 0) -> BlobRef:
    """Content that was claimed, and that nothing names."""
    blob = service.put(ACCOUNT, content)
    service.claim(ACCOUNT, [blob])
    before = clock.now() - timedelta(days=days_ago)
    Blob(ACCOUNT, blob.sha256).update([Blob.renewed_at.set(before)])
    return blob


def swept(in_use: set[str] | None = None) -> int:
    """A sweep, where roots name nothing else."""
    needed = in_use or set()
    return service.sweep(service.take_inventory(ACCOUNT), service.Needed(needed, needed))


def a_file_is_handed_in() -> Act:
    return lambda: service.offer_upload(ACCOUNT, "a.ipynb", 10)


def contents_are_offered() -> Act:
    blobs = [stored(b"there"), ref(b"new")]
    return lambda: offered(*blobs)


def parts_are_joined() -> Act:
    client, blob = aws.client("s3"), ref(LARGE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "_MULTIPART_FROM", len(LARGE) - 1)
        (way,) = offered(blob)
    (upload,) = client.list_multipart_uploads(Bucket="blobs")["Uploads"]
    part = {"Bucket": "blobs", "Key": upload["Key"], "UploadId": upload["UploadId"]}
    etag = client.upload_part(**part, PartNumber=1, Body=LARGE)["ETag"]
    return lambda: service.complete_blob(ACCOUNT, blob.sha256, way.upload_id or "", [etag])


def contents_are_claimed(wire: Wire) -> Act:
    blobs = [arrived(wire, b"new"), stored(b"old", days_ago=3), stored(b"young")]
    return lambda: service.claim(ACCOUNT, blobs)


def contents_are_claimed_that_never_arrived() -> Act:
    def refused() -> object:
        with pytest.raises(Conflict) as conflict:
            service.claim(ACCOUNT, [ref(b"nowhere")])
        return conflict.value.details

    return refused


def contents_are_stored() -> Act:
    return lambda: service.put(ACCOUNT, b"small")


def more_is_offered_than_there_is_room_for() -> Act:
    small, large = ref(b"a"), BlobRef("0" * 64, QUOTA)
    return lambda: offered(small, large)


def a_large_content_is_offered() -> Act:
    large = BlobRef("0" * 64, 100 * 1024**2)
    return lambda: [way.kind for way in offered(large)]


def unused_contents_are_marked() -> Act:
    used, _ = stored(b"used", days_ago=3), stored(b"unused", days_ago=3)
    stored(b"young")
    return lambda: swept({used.sha256})


def marked_contents_are_deleted(wire: Wire) -> Act:
    unused_contents_are_marked()()
    wire.now += timedelta(hours=2)
    return lambda: swept({ref(b"used").sha256})


def deleted_contents_are_forgotten(wire: Wire) -> Act:
    marked_contents_are_deleted(wire)()
    wire.now += timedelta(days=2)
    return lambda: swept({ref(b"used").sha256, ref(b"young").sha256})


def offers_expire(wire: Wire) -> Act:
    arrived(wire, b"never claimed")
    service.claim(ACCOUNT, [arrived(wire, b"claimed, and never named")])
    offered(ref(b"never brought"), BlobRef("0" * 64, 100 * 1024**2))
    wire.now += timedelta(hours=3)
    return lambda: service.expire_offers(ACCOUNT)


STORIES = (
    a_file_is_handed_in,
    contents_are_offered,
    parts_are_joined,
    contents_are_claimed_that_never_arrived,
    contents_are_stored,
    more_is_offered_than_there_is_room_for,
    unused_contents_are_marked,
)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_it_ends_the_same_whichever_answer_is_lost(wire: Wire, story: Story) -> None:
    ends_the_same_whichever_answer_is_lost(wire, story)


def test_storing_that_is_cut_off_anywhere_and_done_again_ends_the_same(wire: Wire) -> None:
    ends_the_same_cut_off_and_run_again(wire, contents_are_stored)


def test_a_claim_that_is_cut_off_anywhere_and_made_again_ends_the_same(wire: Wire) -> None:
    ends_the_same_cut_off_and_run_again(wire, lambda: contents_are_claimed(wire))


@pytest.mark.parametrize(
    "act",
    [
        contents_are_claimed,
        marked_contents_are_deleted,
        deleted_contents_are_forgotten,
        offers_expire,
    ],
)
def test_a_claim_or_sweep_ends_the_same_whichever_answer_is_lost(
    wire: Wire, act: Callable[[Wire], Act]
) -> None:
    ends_the_same_whichever_answer_is_lost(wire, lambda: act(wire))


def test_offers_that_expire_end_the_same_cut_off_anywhere(wire: Wire) -> None:
    ends_the_same_cut_off_and_run_again(wire, lambda: offers_expire(wire))
