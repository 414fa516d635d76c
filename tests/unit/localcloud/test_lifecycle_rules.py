"""S3's lifecycle rules of the stack are carried out as days of the stand-in's clock begin."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.core import aws
from chalicelib.storage import s3, service
from localcloud.aws.lifecycle import is_over
from tests.lost_answers import Wire
from tests.unit.storage.test_lost_answers import ACCOUNT, arrived, brought, offered, ref

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 12, tzinfo=UTC)
CONTENT = b"brought late"


def days_pass(wire: Wire, days: int) -> None:
    wire.now += timedelta(days=days)
    wire.carry_out_lifecycle()


@pytest.mark.parametrize(
    ("now", "over"),
    [
        (NOON + timedelta(days=1), False),
        (MIDNIGHT - timedelta(seconds=1), False),
        (MIDNIGHT, True),
    ],
)
def test_a_day_is_over_at_the_first_midnight_after_it(now: datetime, over: bool) -> None:
    assert is_over(NOON, 1, now) is over


def test_content_that_comes_too_late_for_every_sweep_is_gone_after_days(wire: Wire) -> None:
    (way,) = offered(ref(CONTENT))
    wire.now += timedelta(hours=3)
    service.expire_offers(ACCOUNT)
    assert brought(wire, way, CONTENT) == 200  # it began in time, over a slow line

    days_pass(wire, 2)
    assert wire.objects() == []
    days_pass(wire, 2)

    assert wire.versions() == []


def test_content_in_parts_that_nobody_claims_is_gone_after_days(wire: Wire) -> None:
    upload_id = s3.start_parts("blobs", "blobs/acc_1/large")
    etag = aws.client("s3").upload_part(
        Bucket="blobs", Key="blobs/acc_1/large", UploadId=upload_id, PartNumber=1, Body=CONTENT
    )["ETag"]
    assert s3.finish_parts("blobs", "blobs/acc_1/large", upload_id, [etag])
    s3.start_parts("blobs", "blobs/acc_1/never finished")

    days_pass(wire, 2)
    days_pass(wire, 2)

    assert wire.versions() == []
    assert aws.client("s3").list_multipart_uploads(Bucket="blobs").get("Uploads", []) == []


def test_claimed_content_stays(wire: Wire) -> None:
    service.claim(ACCOUNT, [arrived(wire, CONTENT)])

    days_pass(wire, 40)

    assert len(wire.objects()) == 1  # hidden by no mark of deletion


def test_a_file_that_a_browser_hands_in_is_gone_after_days(wire: Wire) -> None:
    _, url, headers = service.offer_upload(ACCOUNT, "a.ipynb", len(CONTENT))
    assert wire.put(url, headers, CONTENT) == 200
    days_pass(wire, 0)
    assert len(wire.objects()) == 1

    days_pass(wire, 2)

    assert wire.objects() == []
