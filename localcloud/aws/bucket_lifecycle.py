"""Makes ministack's S3 keep the lifecycle rules of a stack, and carries them out as days begin."""

import threading
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import boto3
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.serialize import create_serializer
from ministack.core.responses import request_scope
from ministack.services import s3
from ministack.services.cloudformation import provisioners

from localcloud.aws import lifecycle
from localcloud.aws.credentials import Administrator
from localcloud.clock import Clock
from localcloud.settings import ACCOUNT, REGION

Json = dict[str, Any]


def install(clock: Clock) -> None:
    """Let objects have the clock's times, and buckets the rules that their templates say."""
    s3.now_iso = lambda: iso(clock.time())
    provisioners._S3_BUCKET_CONFIGURATIONS += (
        (
            "LifecycleConfiguration",
            document,
            s3._put_bucket_lifecycle,
            s3._delete_bucket_lifecycle,
        ),
    )


def iso(seconds: float) -> str:
    """A time as S3 tells it."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def document(configuration: Json) -> bytes:
    """CloudFormation's LifecycleConfiguration as the body of PutBucketLifecycleConfiguration."""
    model = ServiceModel(Loader().load_service_model("s3", "service-2"), "s3")
    operation = model.operation_model("PutBucketLifecycleConfiguration")
    rules = [_rule(rule) for rule in configuration["Rules"]]
    request = {"Bucket": "any", "LifecycleConfiguration": {"Rules": rules}}
    body: bytes = create_serializer("rest-xml").serialize_to_request(request, operation)["body"]
    return body


def _rule(rule: Json) -> Json:
    """A rule by the API's names. Raises KeyError for what no template of ours has."""
    rule = dict(rule)
    expiration = {
        "Days": rule.pop("ExpirationInDays", None),
        "ExpiredObjectDeleteMarker": rule.pop("ExpiredObjectDeleteMarker", None),
    }
    made = {
        "ID": rule.pop("Id"),
        "Status": rule.pop("Status"),
        "Filter": _filter(rule.pop("Prefix", ""), rule.pop("TagFilters", [])),
        "Expiration": {name: value for name, value in expiration.items() if value is not None},
        "NoncurrentVersionExpiration": rule.pop("NoncurrentVersionExpiration", None),
        "AbortIncompleteMultipartUpload": rule.pop("AbortIncompleteMultipartUpload", None),
    }
    if rule:
        raise KeyError(f"lifecycle rules: {', '.join(rule)}")
    return {name: value for name, value in made.items() if value or name == "Filter"}


def _filter(prefix: str, tags: list[Json]) -> Json:
    if not tags:
        return {"Prefix": prefix}
    return {"And": {"Prefix": prefix, "Tags": tags}}


def tags(bucket: str, key: str, version_id: str) -> dict[str, str]:
    """The tags of an object's version, without a request for each object there is."""
    with request_scope(ACCOUNT, REGION):
        version = None if version_id == "null" else version_id
        found: dict[str, str] = s3._object_tags.get((bucket, key, version), {})
        return found


class Lifecycle:
    """Carries out the rules of all buckets once a day of the clock."""

    def __init__(self, endpoint_url: str, administrator: Administrator, clock: Clock) -> None:
        self._endpoint_url, self._administrator, self._clock = endpoint_url, administrator, clock
        self._day: int | None = None
        self._one_at_a_time = threading.Lock()

    def has_day_begun(self) -> bool:
        """Whether a day has begun since the rules were carried out."""
        return self._clock.seconds() // 86400 != self._day

    def carry_out(self) -> None:
        """Carry out the rules, if a day has begun."""
        with self._one_at_a_time:
            if self.has_day_begun():
                now = self._clock.seconds()
                for bucket in self._client.list_buckets()["Buckets"]:
                    moment = datetime.fromtimestamp(now, UTC)
                    lifecycle.carry_out(self._client, bucket["Name"], tags, moment)
                self._day = now // 86400

    @cached_property
    def _client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self._endpoint_url,
            region_name=REGION,
            aws_access_key_id=self._administrator.access_key_id,
            aws_secret_access_key=self._administrator.secret_access_key,
        )
