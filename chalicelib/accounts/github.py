"""The adapter to GitHub: signing in, and reading files of public repositories.

The flow is GitHub's web application flow with PKCE (S256):
https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import urllib3

from chalicelib.core import aws, config
from chalicelib.core.errors import Invalid, NotFound, TooLarge, Upstream

_SCOPE = "user:email"
_TIMEOUT = urllib3.Timeout(connect=3, read=10)
_RETRIES = urllib3.Retry(total=2, backoff_factor=0.2, allowed_methods=["GET"])
_TRY_AGAIN = "GitHub did not answer. Please try again in a moment."


@dataclass(frozen=True, slots=True)
class Client:
    """The application's own name and secret at GitHub, and what GitHub signs webhooks with."""

    client_id: str
    client_secret: str
    webhook_secret: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """Somebody, as GitHub tells of them. `id` never changes; `login` may."""

    id: int
    login: str
    name: str
    email: str | None
    avatar_url: str | None


@dataclass(frozen=True, slots=True)
class File:
    """A file of a public repository at one commit."""

    content: bytes
    commit: str


@lru_cache(maxsize=1)
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(timeout=_TIMEOUT, retries=_RETRIES)


@lru_cache(maxsize=1)
def _client() -> Client:
    secret = aws.client("secretsmanager").get_secret_value(
        SecretId=config.settings().github_secret_arn
    )
    return msgspec.json.decode(secret["SecretString"], type=Client)


def is_signed(body: bytes, signature: str) -> bool:
    """Whether GitHub sent this body: `X-Hub-Signature-256` holds its HMAC."""
    key = _client().webhook_secret
    if not key or not signature.isascii():
        return False
    expected = "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def authorize_url(state: str, verifier: str) -> str:
    """Where to send somebody to sign in. `verifier` is PKCE's secret; GitHub sees its hash."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    query = {
        "client_id": _client().client_id,
        "redirect_uri": _redirect_uri(),
        "scope": _SCOPE,
        "state": state,
        "code_challenge": challenge.decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    return f"{config.settings().github_web_base}/login/oauth/authorize?{urlencode(query)}"


def _redirect_uri() -> str:
    return f"{config.settings().app_origin}/api/auth/github/callback"


def sign_in(code: str, verifier: str) -> Profile:
    """Exchange the code of a finished sign-in for the person's profile.

    Raises `Invalid` when GitHub refuses the code (used, ten minutes old, or not ours).
    """
    token = _exchange(code, verifier)
    headers = {"Authorization": f"Bearer {token}"}
    user = _get_json("/user", headers)
    return Profile(
        id=int(user["id"]),
        login=user["login"],
        name=user.get("name") or user["login"],
        email=_verified_email(_get_json("/user/emails", headers)),
        avatar_url=user.get("avatar_url"),
    )


def _exchange(code: str, verifier: str) -> str:
    client = _client()
    form = {
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "code": code,
        "redirect_uri": _redirect_uri(),
        "code_verifier": verifier,
    }
    response = _request(
        "POST",
        f"{config.settings().github_web_base}/login/oauth/access_token",
        fields=form,
        encode_multipart=False,
        headers={"Accept": "application/json"},
    )
    # GitHub answers 200 with an `error` when it refuses.
    answer = _parse(response.data)
    token = answer.get("access_token")
    if not token:
        raise Invalid(
            "GitHub did not accept this sign-in any more. Please sign in again.",
            code="sign_in_refused",
        )
    return str(token)


def _verified_email(emails: Any) -> str | None:
    for email in emails if isinstance(emails, list) else ():
        if email.get("primary") and email.get("verified"):
            return str(email["email"])
    return None


def read_file(owner: str, repository: str, ref: str, path: str, most: int) -> File:
    """A file of a public repository, of at most `most` bytes, at the commit that `ref` names now.

    Raises `NotFound` when GitHub shows no such thing to the public, `TooLarge` above the limit.
    """
    base = f"/repos/{quote(owner, safe='')}/{quote(repository, safe='')}"
    commit = _get_json(f"{base}/commits/{quote(ref, safe='')}", _as_application())["sha"]
    # Notebooks with outputs exceed the 1 MB that GitHub gives as JSON; raw goes to 100 MB.
    response = _request(
        "GET",
        f"{config.settings().github_api_base}{base}/contents/{quote(path)}?ref={commit}",
        headers={"Accept": "application/vnd.github.raw+json", **_as_application()},
        preload_content=False,
    )
    try:
        content = response.read(most + 1)
    finally:
        response.release_conn()
    if len(content) > most:
        raise TooLarge(f"This file is larger than {most >> 20} MiB.", limit=most)
    return File(content=bytes(content), commit=str(commit))


def _as_application() -> dict[str, str]:
    """GitHub allows 5,000 requests an hour to a known application, and 60 to an unknown caller."""
    client = _client()
    pair = f"{client.client_id}:{client.client_secret}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _get_json(path: str, headers: dict[str, str]) -> Any:
    url = f"{config.settings().github_api_base}{path}"
    return _parse(
        _request("GET", url, headers={"Accept": "application/vnd.github+json", **headers}).data
    )


def _parse(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise Upstream(_TRY_AGAIN) from error


def _request(method: str, url: str, **options: Any) -> urllib3.BaseHTTPResponse:
    try:
        response = _pool().request(method, url, **options)
    except urllib3.exceptions.HTTPError as error:
        raise Upstream(_TRY_AGAIN) from error
    if response.status in (404, 422):
        raise NotFound(
            "GitHub has no such public file. Check the address, and that the repository is public."
        )
    if response.status >= 400:
        raise Upstream(_TRY_AGAIN, upstream_status=response.status)
    return response
