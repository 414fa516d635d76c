"""Prepares the environment for ministack, which reads it once, when it is imported."""

import os
import secrets
from pathlib import Path

from localcloud.settings import ACCOUNT, REGION

INHERITED_PREFIXES = ("AWS_", "MINISTACK_", "LOCALSTACK_", "LAMBDA_", "EDGE_")
"""Variables of the person's own shell that must not reach the stand-in."""


def configure(port: int, persisted: Path, objects: Path) -> None:
    """Set what ministack reads: must run before anything imports it.

    port: of its own server on 127.0.0.1; persisted: directory of the services' state;
    objects: directory of S3's objects.
    """
    for name in list(os.environ):
        if name.startswith(INHERITED_PREFIXES):
            del os.environ[name]
    os.environ.update(
        AUTH="true",
        # The root user has no key: nobody knows this one (see `access`).
        AWS_ACCESS_KEY_ID=secrets.token_hex(16),
        AWS_SECRET_ACCESS_KEY=secrets.token_hex(32),
        BIND_HOST="127.0.0.1",
        DOCKER_HOST="unix:///nonexistent",
        GATEWAY_PORT=str(port),
        IOT_MTLS_ENABLED="0",
        LAMBDA_EXECUTOR="local",
        LOG_LEVEL="INFO",
        MINISTACK_ACCOUNT_ID=ACCOUNT,
        MINISTACK_REGION=REGION,
        PERSIST_STATE="1",
        S3_DATA_DIR=str(objects),
        S3_PERSIST="1",
        SFTP_ENABLED="0",
        STATE_DIR=str(persisted),
    )
    os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"] = REGION
