"""The front door: API Gateway, CloudFront, and where browsers may go."""

from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config

from chalicelib.core import aws
from ops.checks.behaviour.template import ACCOUNT, Template
from ops.deploy import settings

_STAGE = "api"
"""The one stage of the API (`.chalice/config.json`, `api_gateway_stage`)."""

_HELD = {404, 500, 501, 502, 503, 504}
"""Error codes that CloudFront holds for ten seconds whatever the origin says of caching
(developer guide, "How CloudFront caches HTTP 4xx and 5xx status codes")."""

_REGIONS = ("us-east-1", "eu-central-1", "eu-south-2", "mx-central-1")
"""Regions to presign for: the oldest, the stages' own, and two that know regional hosts only."""


def one_stage(template: Template) -> Iterator[str]:
    """The API has one stage. SAM adds a second one, without throttle or log, unless told not to."""
    stages = [
        template.text(properties["StageName"])
        for kind in ("AWS::ApiGateway::Stage", "AWS::ApiGateway::Deployment")
        for _, properties in template.of_type(kind)
        if "StageName" in properties
    ]
    for extra in sorted(set(stages) - {_STAGE}):
        yield f"The API has a second stage, “{extra}”: set OpenApiVersion in RestAPI."


def errors_are_not_cached(template: Template) -> Iterator[str]:
    """A distribution in front of the API passes each error to the one who caused it alone.

    The cache's key has no cookie: held for ten seconds, one person's error is everybody's.
    """
    for name, properties in template.of_type("AWS::CloudFront::Distribution"):
        config = properties["DistributionConfig"]
        given = config.get("CustomErrorResponses", [])
        passed = {e["ErrorCode"] for e in given if e.get("ErrorCachingMinTTL") == 0}
        for code in sorted(_HELD - passed):
            yield f"{name} holds an answer of {code} for ten seconds: set ErrorCachingMinTTL to 0."


def uploads_reach_storage(template: Template) -> Iterator[str]:
    """The origin that pages may upload to is that of the presigned addresses, in every region."""
    del template  # a parameter of it: `ops.deploy` says what it is
    bucket = f"ramon-prod-{ACCOUNT}-uploads"
    for region in _REGIONS:
        allowed, signed = settings.upload_origin(bucket, region), _signed_origin(bucket, region)
        if allowed != signed:
            yield f"In {region} pages may upload to {allowed}, but addresses are of {signed}."


@cache
def _session() -> botocore.session.Session:
    """What botocore reads from its files, read once."""
    return botocore.session.Session()


def _signed_origin(bucket: str, region: str) -> str:
    """The origin of an address that the service presigns, without a look at this machine."""
    # The stubs do not know this setting.
    of_aws = Config(ignore_configured_endpoint_urls=True)  # type: ignore[call-arg]
    client: Any = _session().create_client(
        "s3",
        region_name=region,
        aws_access_key_id="none",
        aws_secret_access_key="none",  # noqa: S106  nothing is asked of AWS
        config=aws.configuration("s3").merge(of_aws),
    )
    address = client.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
