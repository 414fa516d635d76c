"""Files that browsers hand in and download have room of their own, for two hours."""

import io
from datetime import timedelta

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.storage import service, uploads
from tests.lost_answers import Wire
from tests.unit.storage.test_lost_answers import ACCOUNT, offered, ref

FILE = b"a file"


def test_no_more_files_are_on_their_way_than_their_own_bound(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 100)
    service.hand_out(ACCOUNT, io.BytesIO(FILE), len(FILE), "a.zip")

    with pytest.raises(Conflict) as refused:
        service.offer_upload(ACCOUNT, "a.ipynb", 95)
    with pytest.raises(Conflict):
        service.hand_out(ACCOUNT, io.BytesIO(bytes(95)), 95, "a.zip")

    assert refused.value.code == "too_many_uploads"
    assert len(wire.objects()) == 1
    assert service.stored(ACCOUNT).offered == len(FILE)
    assert offered(ref(bytes(1000)))[0].kind == "put"


def test_no_more_files_are_on_their_way_than_their_own_number(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_FILES", 2)
    for _ in range(2):
        service.offer_upload(ACCOUNT, "a.ipynb", 1)

    with pytest.raises(Conflict, match="try again later"):
        service.offer_upload(ACCOUNT, "a.ipynb", 1)

    wire.now += timedelta(hours=2, seconds=1)
    service.offer_upload(ACCOUNT, "a.ipynb", 1)


def test_files_are_gone_and_no_longer_counted_when_their_offers_end(wire: Wire) -> None:
    service.hand_out(ACCOUNT, io.BytesIO(FILE), len(FILE), "a.zip")
    _, url, headers = service.offer_upload(ACCOUNT, "a.ipynb", len(FILE))
    assert wire.put(url, headers, FILE) == 200
    wire.now += timedelta(hours=2)
    service.expire_offers(ACCOUNT)
    assert service.stored(ACCOUNT).bytes == 2 * len(FILE)
    assert len(wire.objects()) == 2

    wire.now += timedelta(minutes=11)
    service.expire_offers(ACCOUNT)

    assert service.stored(ACCOUNT).bytes == 0
    assert wire.objects() == []
