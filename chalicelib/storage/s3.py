"""The adapter to S3. Bytes of any size go between S3 and their owner by presigned addresses."""

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any
from urllib.parse import quote

from botocore.exceptions import ClientError

from chalicelib.core import aws, clock

LIFE = 3600
"""Seconds that a presigned address works: long enough for the parts of a large file."""
UNCLAIMED = "unclaimed=yes"
"""The tag of what was brought and nobody claimed yet: a rule of the bucket (`infra/buckets.py`)
deletes what still has it after a day."""
_AT_ONCE = 16
_TRIES = 5


Version = tuple[str, str]
"""The key of an object and the id of one of its versions."""


class NoObject(LookupError):
    """There is no object of this key."""


def presign_put(bucket: str, key: str, size: int, sha256: str | None) -> tuple[str, dict[str, str]]:
    """An address to put exactly `size` bytes once, and the headers that must be sent with them.

    While the object is there, S3 answers another try with 412. With `sha256` (hex), it refuses
    other bytes than these, and marks them as unclaimed.
    """
    parameters: dict[str, Any] = {"Bucket": bucket, "Key": key, "ContentLength": size}
    headers = {"Content-Length": str(size), "If-None-Match": "*"}
    if sha256:
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        parameters |= {"ChecksumSHA256": checksum, "Tagging": UNCLAIMED}
        headers |= {"x-amz-checksum-sha256": checksum, "x-amz-tagging": UNCLAIMED}
    return _presign("put_object", parameters | {"IfNoneMatch": "*"}), headers


def presign_get(bucket: str, key: str, filename: str | None = None) -> str:
    """An address to read an object; with a file name, browsers save it as that and show nothing."""
    parameters = {"Bucket": bucket, "Key": key}
    if filename is not None:
        name = quote(filename, safe="")
        parameters["ResponseContentDisposition"] = f"attachment; filename*=UTF-8''{name}"
        parameters["ResponseContentType"] = "application/octet-stream"
    return _presign("get_object", parameters)


def start_parts(bucket: str, key: str) -> str:
    """Begin a multipart upload of something unclaimed; gives its id."""
    begun = aws.client("s3").create_multipart_upload(Bucket=bucket, Key=key, Tagging=UNCLAIMED)
    upload_id: str = begun["UploadId"]
    return upload_id


def presign_parts(bucket: str, key: str, upload_id: str, size: int, part_size: int) -> list[str]:
    """An address for each part of a multipart upload: of `part_size` bytes, the last of the rest.

    Each part may be put again, in the place of itself.
    """
    base = {"Bucket": bucket, "Key": key, "UploadId": upload_id}
    starts = enumerate(range(0, size, part_size), start=1)
    parts = [(number, min(part_size, size - start)) for number, start in starts]
    return [
        _presign("upload_part", {**base, "PartNumber": number, "ContentLength": length})
        for number, length in parts
    ]


def finish_parts(bucket: str, key: str, upload_id: str, etags: list[str]) -> bool:
    """Join the parts of a multipart upload. False when S3 no longer knows it, or a part.

    Asked again after it was done, S3 may not know the upload any more, but the object is there.
    """
    parts = [{"PartNumber": n, "ETag": etag} for n, etag in enumerate(etags, start=1)]
    try:
        aws.client("s3").complete_multipart_upload(
            Bucket=bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}
        )
    except ClientError as error:
        if _code(error) == "NoSuchUpload":
            return size_of(bucket, key) is not None
        if _code(error) in ("InvalidPart", "InvalidPartOrder", "EntityTooSmall"):
            return False
        raise
    return True


def size_of(bucket: str, key: str) -> int | None:
    """How many bytes an object has; None when there is none."""
    try:
        return int(aws.client("s3").head_object(Bucket=bucket, Key=key)["ContentLength"])
    except ClientError as error:
        if _code(error) in ("404", "NoSuchKey", "NotFound"):
            return None
        raise


def read(bucket: str, key: str) -> bytes:
    """All bytes of an object. For small ones: they are held in memory.

    Raises `NoObject` when there is none.
    """
    try:
        content: bytes = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if _code(error) == "NoSuchKey":
            raise NoObject(key) from error
        raise
    return content


def claim(bucket: str, key: str) -> bool:
    """Take the mark off that an object is unclaimed. False when there is no such object."""
    try:
        aws.client("s3").delete_object_tagging(Bucket=bucket, Key=key)
    except ClientError as error:
        if _code(error) == "NoSuchKey":
            return False
        raise
    return True


def write_unclaimed(bucket: str, key: str, content: bytes) -> None:
    """Write a small object that nobody has claimed yet, unless it was written before."""
    write_once(bucket, key, content, Tagging=UNCLAIMED)


def write_once(bucket: str, key: str, content: bytes, **also: str) -> None:
    """Write a small object, unless it was written before."""
    for attempt in range(1, _TRIES + 1):
        try:
            aws.client("s3").put_object(
                Bucket=bucket, Key=key, Body=content, IfNoneMatch="*", **also
            )
        except ClientError as error:
            if _code(error) == "PreconditionFailed":
                return
            # Another write of the same at this moment: S3 asks to try again.
            if _code(error) != "ConditionalRequestConflict" or attempt == _TRIES:
                raise
            clock.wait(0.1 * attempt)
        else:
            return


def write_file(bucket: str, key: str, file: IO[bytes], size: int) -> None:
    """Write an object from a file, without holding it in memory."""
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=file, ContentLength=size)


def versions(bucket: str, key: str) -> list[Version]:
    """All versions of an object, and its marks of deletion."""
    pages = aws.client("s3").get_paginator("list_object_versions")
    return [
        (found["Key"], found["VersionId"])
        for page in pages.paginate(Bucket=bucket, Prefix=key)
        for found in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
        if found["Key"] == key
    ]


def delete(bucket: str, versions: list[Version]) -> None:
    """Delete versions of objects. Those that are not there are no error.

    One by one, because the answer to DeleteObjects has an error for each that is easily overlooked;
    S3 charges for neither.
    """

    def one(version: Version) -> None:
        key, version_id = version
        aws.client("s3").delete_object(Bucket=bucket, Key=key, VersionId=version_id)

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for _ in threads.map(one, versions):
            pass


def remove(bucket: str, key: str) -> None:
    """Delete an object of a bucket that keeps no versions. No error if it is not there."""
    aws.client("s3").delete_object(Bucket=bucket, Key=key)


def discard(bucket: str, key: str, upload_id: str | None) -> None:
    """Delete all versions of an object, and what has arrived of a multipart upload to it."""
    if upload_id is not None:
        _abort_parts(bucket, key, upload_id)
    delete(bucket, versions(bucket, key))


def _abort_parts(bucket: str, key: str, upload_id: str) -> None:
    try:
        aws.client("s3").abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    except ClientError as error:
        if _code(error) != "NoSuchUpload":  # it was joined, or this is done again
            raise


def _presign(operation: str, parameters: dict[str, Any]) -> str:
    url: str = aws.client("s3").generate_presigned_url(operation, Params=parameters, ExpiresIn=LIFE)
    return url


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
