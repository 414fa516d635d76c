"""S3's lifecycle rules, which ministack keeps and does not carry out.

After the S3 user guide, "Lifecycle configuration elements" and "Setting lifecycle configuration":
days are counted from an object's creation (of a hidden version: from the creation of the next one)
and rounded up to the next midnight UTC; where a bucket keeps versions, an expired object is hidden
by a mark of deletion. What no stack of ours has (transitions, dates, sizes) is refused.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from botocore.exceptions import ClientError

Json = dict[str, Any]
Tags = Callable[[str, str, str], dict[str, str]]
"""The tags of an object's version, by bucket, key and id of the version."""

_ACTIONS = {"Expiration", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"}
_WORDS = _ACTIONS | {"ID", "Status", "Filter", "Prefix"}


def carry_out(client: Any, bucket: str, tags: Tags, now: datetime) -> None:
    """Do what the rules of a bucket ask for at this moment. Done again, it does nothing more."""
    for rule in _rules(client, bucket):
        _require_known(rule)
        if rule["Status"] == "Enabled":
            _expire(client, bucket, rule, tags, now)
            _abort(client, bucket, rule, now)


def _rules(client: Any, bucket: str) -> list[Json]:
    try:
        found: list[Json] = client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchLifecycleConfiguration":
            return []
        raise
    return found


def _require_known(rule: Json) -> None:
    if unknown := {name for name in rule if rule[name]} - _WORDS:
        raise NotImplementedError(f"lifecycle rules: {', '.join(sorted(unknown))}")


def _expire(client: Any, bucket: str, rule: Json, tags: Tags, now: datetime) -> None:
    expiration = rule.get("Expiration", {})
    hidden_days = rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")
    for versions in _by_key(client, bucket, _prefix(rule)):
        wanted = [v for v in versions if _has_tags(rule, tags, bucket, v)]
        newest, days = versions[0], expiration.get("Days")
        if newest in wanted and _is_object(newest) and _is_over(newest, days, now):
            client.delete_object(Bucket=bucket, Key=newest["Key"])
        for newer, version in pairwise(versions):
            if version in wanted and _is_over(newer, hidden_days, now):
                _delete(client, bucket, version)
        if expiration.get("ExpiredObjectDeleteMarker") and _is_mark_alone(versions):
            _delete(client, bucket, versions[0])


def _is_over(version: Json, days: int | None, now: datetime) -> bool:
    return days is not None and is_over(version["LastModified"], days, now)


def is_over(since: datetime, days: int, now: datetime) -> bool:
    """Whether so many days have passed, rounded up to the next midnight UTC."""
    due = since.astimezone(UTC) + timedelta(days=days)
    midnight = due.replace(hour=0, minute=0, second=0, microsecond=0)
    return now >= (due if due == midnight else midnight + timedelta(days=1))


def _by_key(client: Any, bucket: str, prefix: str) -> Iterator[list[Json]]:
    """All versions and marks of deletion of each key, newest first."""
    found: list[Json] = []
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        found += [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
    found.sort(key=lambda version: (version["Key"], not version["IsLatest"]))
    for _, versions in groupby(found, key=lambda version: version["Key"]):
        newest, *hidden = versions
        yield [newest, *sorted(hidden, key=lambda v: v["LastModified"], reverse=True)]


def _is_object(version: Json) -> bool:
    return "Size" in version


def _is_mark_alone(versions: list[Json]) -> bool:
    return len(versions) == 1 and not _is_object(versions[0])


def _delete(client: Any, bucket: str, version: Json) -> None:
    client.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])


def _prefix(rule: Json) -> str:
    where = rule.get("Filter", {})
    return str(where.get("And", where).get("Prefix") or rule.get("Prefix") or "")


def _has_tags(rule: Json, tags: Tags, bucket: str, version: Json) -> bool:
    where = rule.get("Filter", {})
    wanted = where.get("And", {}).get("Tags", []) + ([where["Tag"]] if "Tag" in where else [])
    if not wanted:
        return True
    has = tags(bucket, version["Key"], version["VersionId"])
    return all(has.get(tag["Key"]) == tag["Value"] for tag in wanted)


def _abort(client: Any, bucket: str, rule: Json, now: datetime) -> None:
    days = rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation")
    if not days:
        return
    pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket)
    for upload in (each for page in pages for each in page.get("Uploads", ())):
        if upload["Key"].startswith(_prefix(rule)) and is_over(upload["Initiated"], days, now):
            client.abort_multipart_upload(
                Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]
            )
