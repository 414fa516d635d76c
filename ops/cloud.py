"""The cloud an operator's command talks to: AWS, or the stand-in on this machine.

For AWS everything comes from the usual places (environment, profile, instance role). For the
stage `local` it comes from `AWS_ENDPOINT_URL` and the usual variables, or else from the file
that the running stand-in leaves in its state directory.
"""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import msgspec
from botocore.config import Config

LOCAL = "local"
"""The stage that runs in the stand-in."""
_CONFIG = Config(retries={"mode": "standard"})


class NoCloud(Exception):
    """There is nothing to talk to; the message says what to do."""


class _Credentials(msgspec.Struct):
    access_key_id: str
    secret_access_key: str


class _Endpoint(msgspec.Struct):
    """What the stand-in tells about itself in `<STATE_DIR>/endpoint.json`."""

    aws_endpoint_url: str
    credentials: _Credentials
    region: str
    port: int


class Cloud:
    """Clients of one AWS account and region, or of the stand-in."""

    def __init__(self, session: boto3.Session, endpoint_url: str | None, port: int | None) -> None:
        self._session = session
        self.endpoint_url = endpoint_url
        """Address of the stand-in; None for AWS."""
        self.port = port
        """Port of the stand-in's front door, if known."""

    @property
    def region(self) -> str:
        """The region, such as `eu-central-1`."""
        return self._session.region_name

    @cached_property
    def account(self) -> str:
        """The AWS account's number."""
        return str(self.client("sts").get_caller_identity()["Account"])

    def client(self, service: str, config: Config | None = None) -> Any:
        """A boto3 client of `service`, such as `cloudformation`."""
        make: Any = self._session.client  # its type knows literal names only
        return make(service, endpoint_url=self.endpoint_url, config=config or _CONFIG)


def connect(stage: str, region: str | None = None) -> Cloud:
    """The cloud of `stage`. Raises `NoCloud` when the stand-in is not running."""
    if stage != LOCAL:
        return Cloud(boto3.Session(region_name=region), None, None)
    if url := os.environ.get("AWS_ENDPOINT_URL"):
        named = region or boto3.Session().region_name or "us-east-1"
        return Cloud(boto3.Session(region_name=named), url, None)
    return _running_stand_in()


def _running_stand_in() -> Cloud:
    path = Path(os.environ.get("STATE_DIR", ".local")) / "endpoint.json"
    try:
        endpoint = msgspec.json.decode(path.read_bytes(), type=_Endpoint)
    except FileNotFoundError as error:
        raise NoCloud(
            f"Nothing is running here ({path} is missing). Start it by `make run`."
        ) from error
    except msgspec.DecodeError as error:
        raise NoCloud(f"{path} can't be read: {error}. Start again by `make run`.") from error
    session = boto3.Session(
        aws_access_key_id=endpoint.credentials.access_key_id,
        aws_secret_access_key=endpoint.credentials.secret_access_key,
        region_name=endpoint.region,
    )
    return Cloud(session, endpoint.aws_endpoint_url, endpoint.port)
