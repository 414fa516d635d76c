"""Tags that S3's objects are made with, where ministack leaves something out.

Multipart uploads: the object has the tags that its upload was begun with. Whoever makes an object
with tags needs `s3:PutObjectTagging` too (Service Authorization Reference, "Amazon S3").
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from ministack.core import iam_actions
from ministack.services import s3

_HEADER = "x-amz-tagging"

Answer = tuple[int, dict[str, str], bytes]
Operation = Callable[..., Answer]


def install() -> None:
    """Make ministack do both."""
    for name, operation in of_uploads().items():
        setattr(s3, name, operation)
    iam_actions.s3_additional_checks = _checking(iam_actions.s3_additional_checks)


def of_uploads() -> dict[str, Operation]:
    """The operations of multipart uploads that heed tags, by their names in ministack."""
    return {
        "_create_multipart_upload": _noting(s3._create_multipart_upload),
        "_complete_multipart_upload": _giving(s3._complete_multipart_upload),
    }


def _noting(create: Operation) -> Operation:
    """CreateMultipartUpload that remembers the tags."""

    def noted(bucket: str, key: str, headers: dict[str, str]) -> Answer:
        before = set(s3._multipart_uploads)
        answer = create(bucket, key, headers)
        for upload_id in set(s3._multipart_uploads) - before:
            s3._multipart_uploads[upload_id]["tags"] = dict(parse_qsl(headers.get(_HEADER, "")))
        return answer

    return noted


def _giving(complete: Operation) -> Operation:
    """CompleteMultipartUpload that gives the object the tags."""

    def given(bucket: str, key: str, body: bytes, query: dict[str, Any], *more: Any) -> Answer:
        upload = s3._multipart_uploads.get(s3._qp(query, "uploadId"), {})
        answer = complete(bucket, key, body, query, *more)
        if answer[0] == 200 and upload.get("tags"):
            version = s3._buckets[bucket]["objects"][key].get("version_id")
            s3._object_tags[(bucket, key, version)] = upload["tags"]
        return answer

    return given


def _checking(checks: Callable[..., list[tuple[str, str]]]) -> Callable[..., list[tuple[str, str]]]:
    def checked(method: str, path: str, headers: dict[str, str], *rest: Any) -> Any:
        found = checks(method, path, headers, *rest)
        if headers.get(_HEADER) and method in ("PUT", "POST"):
            found = [*found, ("s3:PutObjectTagging", f"arn:aws:s3:::{path.lstrip('/')}")]
        return found

    return checked
