"""A sweep deletes what nothing names, and never what somebody has just brought again."""

from datetime import timedelta

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.storage import s3, service
from chalicelib.storage.models import Blob
from tests.lost_answers import Wire
from tests.unit.storage.test_lost_answers import ACCOUNT, arrived, ref, stored

CONTENT = b"wanted again"


def bytes_of(content: bytes) -> bytes:
    (blob,) = service.owned(ACCOUNT, [ref(content).sha256]).values()
    return s3.read("blobs", blob.key)


def brought_again() -> None:
    """As an agent does that was told where to put it."""
    (way,) = service.offer_blobs(ACCOUNT, [ref(CONTENT)])
    assert way.kind == "put"
    assert way.url is not None
    key = way.url.partition("?")[0].partition(".com/")[2]
    service.claim(ACCOUNT, [arrived(CONTENT, key)])


def test_contents_brought_again_while_a_sweep_is_at_them_stay(wire: Wire) -> None:
    stored(CONTENT, days_ago=3)
    wire.lose_next("POST /blobs/")
    wire.meanwhile = brought_again

    assert service.sweep(ACCOUNT, set()) == 1

    assert wire.lost == 1
    assert bytes_of(CONTENT) == CONTENT


def test_contents_brought_again_after_a_sweep_stay_over_the_next_ones(wire: Wire) -> None:
    blob = stored(CONTENT, days_ago=3)
    service.sweep(ACCOUNT, set())
    brought_again()
    for _ in range(3):
        wire.now += timedelta(days=1)
        service.sweep(ACCOUNT, {blob.sha256})

    assert bytes_of(CONTENT) == CONTENT


def test_contents_that_a_sweep_took_must_be_brought_before_they_are_claimed(wire: Wire) -> None:
    blob = stored(CONTENT, days_ago=3)
    service.sweep(ACCOUNT, set())

    with pytest.raises(Conflict) as refused:
        service.claim(ACCOUNT, [blob])

    assert refused.value.code == "blob_missing"
    assert service.owned(ACCOUNT, [blob.sha256]) == {}


def test_contents_that_were_claimed_again_while_they_were_looked_at_are_not_swept(
    wire: Wire,
) -> None:
    blob = stored(CONTENT, days_ago=3)
    wire.interrupt("UpdateItem ramon-local-blobs", lambda: service.claim(ACCOUNT, [blob]))

    assert service.sweep(ACCOUNT, set()) == 0

    assert bytes_of(CONTENT) == CONTENT


def test_nothing_is_left_of_swept_contents_two_days_later(wire: Wire) -> None:
    stored(CONTENT, days_ago=3)
    service.sweep(ACCOUNT, set())
    late = arrived(CONTENT)  # with an address that was given before the sweep
    wire.now += timedelta(days=2)

    service.sweep(ACCOUNT, set())

    assert list(Blob.query(ACCOUNT)) == []
    assert wire.objects() == []
    assert late.size == len(CONTENT)


def test_what_a_sweep_that_died_has_left_is_deleted_by_the_next(wire: Wire) -> None:
    stored(CONTENT, days_ago=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3, "delete", _die)
        with pytest.raises(ConnectionError):
            service.sweep(ACCOUNT, set())
    assert len(wire.objects()) == 1

    service.sweep(ACCOUNT, set())

    assert wire.objects() == []


def _die(*_: object) -> None:
    raise ConnectionError


def test_contents_can_be_stored_by_the_service_after_a_sweep(wire: Wire) -> None:
    stored(CONTENT, days_ago=3)
    service.sweep(ACCOUNT, set())

    service.put(ACCOUNT, CONTENT)

    assert bytes_of(CONTENT) == CONTENT
