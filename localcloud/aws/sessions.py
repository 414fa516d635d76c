"""Temporary credentials of roles, random ones, known to ministack's STS until they end."""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from ministack.services import sts


@dataclass(frozen=True)
class Session:
    """Credentials that act as a role."""

    access_key_id: str
    secret_access_key: str
    token: str
    expires_at: float | None

    @classmethod
    def of_role(cls, role_arn: str, name: str, seconds: float | None = None) -> "Session":
        """A session of the role, valid for `seconds` or until `end` is called."""
        account, role = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
        expires_at = time.time() + seconds if seconds else None
        session = cls(
            access_key_id=f"ASIA{secrets.token_hex(8).upper()}",
            secret_access_key=secrets.token_urlsafe(30),
            token=secrets.token_urlsafe(96),
            expires_at=expires_at,
        )
        record: dict[str, object] = {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name[:64]}",
            "UserId": f"{role}:{name[:64]}",
            "SecretAccessKey": session.secret_access_key,
            "SessionToken": session.token,
        }
        if expires_at:
            record["Expiration"] = expires_at
        sts.register_session(session.access_key_id, record)
        return session

    def end(self) -> None:
        """Make the credentials worthless."""
        sts._sessions.pop(self.access_key_id, None)

    def environment(self) -> dict[str, str]:
        """As environment variables."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.token,
        }

    def document(self) -> dict[str, str]:
        """As the container credentials endpoint of ECS gives them."""
        expiration = datetime.fromtimestamp(self.expires_at or 0, UTC)
        return {
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret_access_key,
            "Token": self.token,
            "Expiration": f"{expiration:%Y-%m-%dT%H:%M:%SZ}",
        }
