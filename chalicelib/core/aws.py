"""Clients of AWS, made once a process. Only adapters ask for them.

botocore is used without boto3: the service needs no resources and no transfer manager, and
boto3 would add 0.2 s to a cold start (docs/performance.md).
"""

from functools import lru_cache
from typing import Any

import botocore.session
from botocore.config import Config

_TIMEOUTS = Config(
    connect_timeout=3,
    read_timeout=10,
    # API Gateway gives up after 29 s; three attempts of this length end before it does.
    retries={"mode": "standard", "total_max_attempts": 3},
    # Regional addresses and checksums that a presigned URL's user need not know of.
    s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
    signature_version=None,
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


@lru_cache(maxsize=1)
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@lru_cache(maxsize=16)
def client(service: str) -> Any:
    """The botocore client of `service` ("ecs", "s3", …) in the Lambda's own region.

    An emulator is found through `AWS_ENDPOINT_URL`, which botocore itself honours.
    """
    return _session().create_client(service, config=_TIMEOUTS)
