"""Clients of AWS, made once a process. Only adapters ask for them.

botocore is used without boto3: the service needs no resources and no transfer manager, and
boto3 would add 0.2 s to a cold start (docs/performance.md).
"""

from functools import lru_cache
from typing import Any

import botocore.session
from botocore.config import Config

_CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,
    # API Gateway gives up after 29 s; two attempts of this length end before it does.
    retries={"mode": "standard", "total_max_attempts": 2},
)
_OF_SERVICE = {
    "s3": Config(
        signature_version="s3v4",
        # Presigned addresses name the bucket's own region. botocore's default is the global
        # host, which answers 307 while a bucket is new, never works in newer regions
        # (boto/boto3#4768), and is not in our content security policy. An address such as
        # http://127.0.0.1 still gets the bucket into its path.
        s3={"us_east_1_regional_endpoint": "regional", "addressing_style": "virtual"},
        # A presigned address must not ask its user for checksums that we did not state.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
}


@lru_cache(maxsize=1)
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


def configuration(service: str) -> Config:
    """How the service's calls are made: timeouts, retries, the form of addresses."""
    return _CONFIG.merge(_OF_SERVICE.get(service, Config()))


@lru_cache(maxsize=16)
def client(service: str, *, once: bool = False) -> Any:
    """The botocore client of `service` ("ecs", "s3", …) in the Lambda's own region.

    botocore repeats a request whose answer is lost, or that is refused for its rate. With `once` it
    doesn't: for requests that AWS would do a second time.

    An emulator is found through `AWS_ENDPOINT_URL`, which botocore itself honours.
    """
    config = configuration(service)
    if once:
        config = config.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
    return _session().create_client(service, config=config)
