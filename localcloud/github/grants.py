"""Codes and tokens of the OAuth flow, in memory: signing in again is one click."""

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass

from localcloud.github.accounts import CLIENT_ID, CLIENT_SECRET

CODE_SECONDS = 600.0
"""How long a code is good (GitHub docs, "Authorizing OAuth apps")."""


class Refused(Exception):
    """GitHub does not give a token; `code` and the message are GitHub's own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Grant:
    """What somebody allowed on the authorize page."""

    login: str
    redirect_uri: str
    scope: str
    challenge: str | None
    made_at: float


class Grants:
    """Hands out codes and exchanges each once for a token."""

    def __init__(self) -> None:
        self._codes: dict[str, Grant] = {}
        self._tokens: dict[str, str] = {}

    def allow(self, login: str, redirect_uri: str, scope: str, challenge: str | None) -> str:
        """A code for what somebody allowed."""
        code = secrets.token_hex(10)
        self._codes[code] = Grant(login, redirect_uri, scope, challenge, time.monotonic())
        return code

    def exchange(self, form: dict[str, str]) -> dict[str, str]:
        """The token for a code, as GitHub's answer; raises Refused."""
        if form.get("client_id") != CLIENT_ID or not hmac.compare_digest(
            form.get("client_secret", "").encode(), CLIENT_SECRET.encode()
        ):
            raise Refused(
                "incorrect_client_credentials",
                "The client_id and/or client_secret passed are incorrect.",
            )
        grant = self._codes.pop(form.get("code", ""), None)
        if grant is None or time.monotonic() - grant.made_at > CODE_SECONDS:
            raise Refused("bad_verification_code", "The code passed is incorrect or expired.")
        if form.get("redirect_uri", grant.redirect_uri) != grant.redirect_uri:
            raise Refused(
                "redirect_uri_mismatch",
                "The redirect_uri MUST match the registered callback URL for this application.",
            )
        if grant.challenge and grant.challenge != s256(form.get("code_verifier", "")):
            raise Refused("bad_verification_code", "The code passed is incorrect or expired.")
        token = f"gho_{secrets.token_hex(18)}"
        self._tokens[token] = grant.login
        return {"access_token": token, "token_type": "bearer", "scope": grant.scope}

    def revoke(self, login: str) -> None:
        """Somebody's codes and tokens are worth nothing from now on."""
        self._codes = {key: each for key, each in self._codes.items() if each.login != login}
        self._tokens = {key: each for key, each in self._tokens.items() if each != login}

    def login_of(self, token: str) -> str | None:
        """Whose token it is."""
        return self._tokens.get(token)


def s256(verifier: str) -> str:
    """PKCE's challenge for a verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
