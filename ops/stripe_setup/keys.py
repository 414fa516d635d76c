"""The stage's keys of Stripe, in Secrets Manager."""

from typing import Any

import msgspec
from botocore.exceptions import ClientError


class Keys(msgspec.Struct, frozen=True):
    """What the secret holds: what the service needs, and which endpoints the secrets belong to."""

    api_key: str = ""
    webhook_secret: str = ""
    thin_webhook_secret: str = ""
    webhook_endpoint: str = ""
    event_destination: str = ""

    def with_endpoint(self, endpoint_id: str, secret: str) -> "Keys":
        """These, with another webhook endpoint."""
        return msgspec.structs.replace(self, webhook_endpoint=endpoint_id, webhook_secret=secret)

    def with_destination(self, destination_id: str, secret: str) -> "Keys":
        """These, with another destination of thin events."""
        return msgspec.structs.replace(
            self, event_destination=destination_id, thin_webhook_secret=secret
        )


class Vault:
    """Where the keys are kept."""

    def __init__(self, secrets: Any, arn: str) -> None:
        self._secrets = secrets
        self._arn = arn

    def read(self) -> Keys:
        """The keys; empty ones while there are none."""
        try:
            text = self._secrets.get_secret_value(SecretId=self._arn).get("SecretString")
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return Keys()
            raise
        return msgspec.json.decode(text, type=Keys) if text else Keys()

    def write(self, keys: Keys) -> None:
        """Keep these."""
        text = msgspec.json.encode(keys).decode()
        self._secrets.put_secret_value(SecretId=self._arn, SecretString=text)
