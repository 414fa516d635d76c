"""The adapter to GitHub: signing in, and reading files of public repositories.

The flow is GitHub's web application flow with PKCE (S256):
https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
"""

import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Sequence
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
_MISSING = (404, 422)
"""How GitHub says that there is no such thing, or that it is not public."""

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
    path: str


Reading = tuple[str, str]
"""A branch, tag or commit, and a path: one way to read the address of a file."""


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


def read_file(owner: str, repository: str, readings: Sequence[Reading], most: int) -> File:
    """A file of a public repository, of at most `most` bytes, at the commit that its ref names now.

    `readings` are tried in order. Raises `NotFound` saying what was looked for when GitHub shows
    none of them to the public, `TooLarge` above the limit.
    """
    base = f"/repos/{quote(owner, safe='')}/{quote(repository, safe='')}"
    known = []
    for ref, path in readings:
        commit = _commit(base, ref)
        if commit is None:
            continue
        known.append((ref, path))
        for spelling in _spellings(path):
            content = _content(base, spelling, commit, most)
            if content is not None:
                return File(content, commit, spelling)
    raise _not_found(f"{owner}/{repository}", base, readings, known)


def _spellings(path: str) -> list[str]:
    """A path as it is, and in Unicode's two forms: which one git keeps depends on who added it."""
    forms = [path, unicodedata.normalize("NFC", path), unicodedata.normalize("NFD", path)]
    return list(dict.fromkeys(forms))


def _commit(base: str, ref: str) -> str | None:
    """The commit that a branch, a tag or a commit's id names; None if there is none."""
    url = f"{config.settings().github_api_base}{base}/commits/{quote(ref, safe='')}"
    headers = {"Accept": "application/vnd.github+json", **_as_application()}
    response = _answer("GET", url, headers=headers)
    return None if response.status in _MISSING else str(_parse(response.data)["sha"])


def _content(base: str, path: str, commit: str, most: int) -> bytes | None:
    # Notebooks with outputs exceed the 1 MB that GitHub gives as JSON; raw goes to 100 MB.
    response = _answer(
        "GET",
        f"{config.settings().github_api_base}{base}/contents/{quote(path)}?ref={commit}",
        headers={"Accept": "application/vnd.github.raw+json", **_as_application()},
        preload_content=False,
    )
    try:
        if response.status in _MISSING:
            return None
        content = response.read(most + 1)
    finally:
        response.release_conn()
    if len(content) > most:
        raise TooLarge(f"This file is larger than {most >> 20} MiB.", limit=most)
    return bytes(content)


def _not_found(
    repository: str, base: str, readings: Sequence[Reading], known: Sequence[Reading]
) -> NotFound:
    """What was looked for, and which part of it is missing."""
    url = f"{config.settings().github_api_base}{base}"
    if not known and _answer("GET", url, headers=_as_application()).status in _MISSING:
        return NotFound(
            f"GitHub shows no public repository “{repository}”. Check the address, and that the "
            "repository is public."
        )
    if not known:
        refs = " or ".join(f"“{ref}”" for ref, _ in readings)
        return NotFound(f"The repository “{repository}” has no branch, tag or commit {refs}.")
    places = " or ".join(f"“{path}” at “{ref}”" for ref, path in known)
    return NotFound(
        f"The repository “{repository}” has no file {places}. Check its name, capital letters too."
    )


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
    """GitHub's answer, which must be a success."""
    response = _answer(method, url, **options)
    if response.status >= 400:
        raise Upstream(_TRY_AGAIN, upstream_status=response.status)
    return response


def _answer(method: str, url: str, **options: Any) -> urllib3.BaseHTTPResponse:
    """GitHub's answer: a success, or that there is no such thing."""
    try:
        response = _pool().request(method, url, **options)
    except urllib3.exceptions.HTTPError as error:
        raise Upstream(_TRY_AGAIN) from error
    if response.status >= 400 and response.status not in _MISSING:
        raise Upstream(_TRY_AGAIN, upstream_status=response.status)
    return response
