"""A sweep deletes what nothing names, and never what somebody has just named or brought again."""

from datetime import timedelta

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.storage import s3, service
from chalicelib.storage.models import Blob, Offer
from chalicelib.storage.schemas import BlobRef
from tests.lost_answers import Wire
from tests.unit.storage.test_lost_answers import (
    ACCOUNT,
    QUOTA,
    arrived,
    brought,
    offered,
    ref,
    stored,
    swept,
)

CONTENT = b"wanted again"


def bytes_of(content: bytes) -> bytes:
    (blob,) = service.owned(ACCOUNT, [ref(content).sha256]).values()
    return s3.read("blobs", blob.key)


def marked(wire: Wire) -> None:
    stored(CONTENT, days_ago=3)
    assert swept() == 0
    wire.now += timedelta(hours=2)


def brought_again(wire: Wire) -> None:
    """As an agent does that was told where to put it."""
    service.claim(ACCOUNT, [arrived(wire, CONTENT)])


def test_nothing_is_left_of_contents_that_nothing_names(wire: Wire) -> None:
    marked(wire)
    assert swept() == 1
    assert wire.versions() == []

    wire.now += timedelta(days=2)
    swept()

    assert list(Blob.query(ACCOUNT)) == []
    assert service.stored(ACCOUNT).bytes == 0


def test_contents_that_were_just_claimed_stay_until_a_root_can_name_them(wire: Wire) -> None:
    service.claim(ACCOUNT, [arrived(wire, CONTENT)])

    for _ in range(3):
        wire.now += timedelta(minutes=19)
        assert swept() == 0

    assert bytes_of(CONTENT) == CONTENT


def test_marked_contents_that_are_named_again_need_not_be_brought(wire: Wire) -> None:
    marked(wire)
    assert [way.kind for way in offered(ref(CONTENT))] == ["exists"]
    service.claim(ACCOUNT, [ref(CONTENT)])

    assert swept() == 0

    assert bytes_of(CONTENT) == CONTENT


def test_contents_that_are_named_again_at_the_very_moment_of_their_deletion_stay(
    wire: Wire,
) -> None:
    marked(wire)
    wire.interrupt("UpdateItem ramon-local-blobs", lambda: service.claim(ACCOUNT, [ref(CONTENT)]))

    assert swept() == 0

    assert bytes_of(CONTENT) == CONTENT


def test_contents_brought_again_while_they_are_deleted_stay(wire: Wire) -> None:
    marked(wire)
    wire.lose_next("DELETE /blobs/")
    wire.meanwhile = lambda: brought_again(wire)

    assert swept() == 1

    assert wire.lost == 1
    assert bytes_of(CONTENT) == CONTENT


def test_contents_brought_again_after_they_were_deleted_stay_over_the_next_sweeps(
    wire: Wire,
) -> None:
    marked(wire)
    swept()
    brought_again(wire)
    for _ in range(3):
        wire.now += timedelta(days=1)
        swept({ref(CONTENT).sha256})

    assert bytes_of(CONTENT) == CONTENT


def test_deleted_contents_must_be_brought_before_they_are_claimed(wire: Wire) -> None:
    marked(wire)
    swept()

    with pytest.raises(Conflict) as refused:
        service.claim(ACCOUNT, [ref(CONTENT)])

    assert refused.value.code == "blob_missing"
    assert service.owned(ACCOUNT, [ref(CONTENT).sha256]) == {}


def test_what_comes_late_to_a_key_that_was_given_up_is_deleted(wire: Wire) -> None:
    marked(wire)
    (key,) = [blob.key for blob in Blob.query(ACCOUNT)]
    swept()
    s3.write_once("blobs", key, CONTENT)

    swept()

    assert wire.versions() == []


def test_what_a_sweep_that_died_has_left_is_deleted_by_the_next(wire: Wire) -> None:
    marked(wire)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3, "delete", _die)
        with pytest.raises(ConnectionError):
            swept()
    assert len(wire.versions()) == 1

    swept()

    assert wire.versions() == []


def _die(*_: object) -> None:
    raise ConnectionError


def test_contents_can_be_stored_by_the_service_after_a_sweep(wire: Wire) -> None:
    marked(wire)
    swept()

    service.claim(ACCOUNT, [service.put(ACCOUNT, CONTENT)])

    assert bytes_of(CONTENT) == CONTENT


def test_bytes_are_counted_before_they_move_and_until_they_are_gone(wire: Wire) -> None:
    counted = []
    blob = ref(CONTENT)
    for step, hours in (
        (lambda: offered(blob), 0),
        (lambda: offered(blob), 0),  # again, by an agent that heard no answer
        (lambda: arrived(wire, CONTENT), 0),
        (lambda: service.claim(ACCOUNT, [blob]), 3),
        (lambda: service.expire_offers(ACCOUNT), 0),
        (swept, 2),
        (swept, 0),
    ):
        step()
        counted.append(service.stored(ACCOUNT).bytes)
        wire.now += timedelta(hours=hours)

    assert counted == [len(CONTENT)] * 6 + [0]
    assert wire.versions() == []


def test_content_that_is_never_brought_is_counted_until_its_offer_has_expired(wire: Wire) -> None:
    offered(ref(CONTENT))
    wire.now += timedelta(hours=2, minutes=5)
    service.expire_offers(ACCOUNT)
    assert service.stored(ACCOUNT).offered == len(CONTENT)

    wire.now += timedelta(minutes=6)
    service.expire_offers(ACCOUNT)

    assert service.stored(ACCOUNT).bytes == 0
    assert list(Offer.query(ACCOUNT)) == []


def test_no_more_is_on_its_way_than_the_quota_allows_whoever_asks_how_often(wire: Wire) -> None:
    half = QUOTA // 2
    blobs = [BlobRef(f"{n:064}", half) for n in range(5)]

    kinds = [offered(blob)[0].kind for blob in blobs]

    assert kinds == ["multipart", "multipart", "full", "full", "full"]
    assert service.stored(ACCOUNT).offered == 2 * half


def test_content_that_was_never_offered_cannot_be_claimed(wire: Wire) -> None:
    s3.write_once("blobs", f"blobs/{ACCOUNT}/{ref(CONTENT).sha256}", CONTENT)

    with pytest.raises(Conflict) as refused:
        service.claim(ACCOUNT, [ref(CONTENT)])

    assert refused.value.code == "blob_missing"


def test_an_address_to_upload_works_once(wire: Wire) -> None:
    """So nobody brings more bytes than were counted."""
    (way,) = offered(ref(CONTENT))

    assert [brought(wire, way, CONTENT) for _ in range(3)] == [200, 412, 412]

    assert [size for _, size in wire.versions()] == [len(CONTENT)]
    service.claim(ACCOUNT, [ref(CONTENT)])
    assert brought(wire, way, CONTENT) == 412
    assert bytes_of(CONTENT) == CONTENT


def test_each_part_of_a_large_upload_may_have_its_own_size_and_no_other(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_MULTIPART_FROM", 10)
    monkeypatch.setattr(service, "_PART", 1024**2)
    (way,) = offered(BlobRef("0" * 64, 2 * 1024**2 + 5))

    # S3 refuses another length than the one that was signed.
    assert way.urls is not None
    assert all("content-length" in url for url in way.urls)
    assert len(way.urls) == 3


def test_what_an_earlier_offer_brought_is_deleted_beside_what_a_later_one_did(wire: Wire) -> None:
    """A sweep that ends an offer meets a save that brings the same content at that moment."""
    arrived(wire, CONTENT)
    wire.now += timedelta(hours=2, minutes=11)
    wire.interrupt("GET /blobs", lambda: brought_again(wire))

    service.expire_offers(ACCOUNT)

    assert bytes_of(CONTENT) == CONTENT


def test_of_two_uploads_of_one_content_the_other_goes_with_its_offer(wire: Wire) -> None:
    arrived(wire, CONTENT)
    wire.now += timedelta(hours=1, minutes=5)
    brought_again(wire)
    assert len(wire.versions()) == 2

    wire.now += timedelta(hours=3)
    service.expire_offers(ACCOUNT)

    assert len(wire.versions()) == 1
    assert bytes_of(CONTENT) == CONTENT


def test_what_a_sweep_that_died_has_left_goes_although_it_was_brought_again(wire: Wire) -> None:
    marked(wire)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3, "delete", _die)
        with pytest.raises(ConnectionError):
            swept()
    brought_again(wire)
    assert len(wire.versions()) == 2

    swept({ref(CONTENT).sha256})

    assert len(wire.versions()) == 1
    assert bytes_of(CONTENT) == CONTENT
    assert [row.given_up for row in Blob.query(ACCOUNT)] == [None]
