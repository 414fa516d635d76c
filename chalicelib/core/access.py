"""Who is asking, and whether they may: what every route checks before its handler is called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from chalicelib.core import config
from chalicelib.core.errors import Forbidden, SignedOut

Access = Literal["public", "account", "session", "agent", "worker"]
"""Who may call: anybody; an account by session or token; by session only; a notebook's agent; a
cluster's worker."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking.

    `subject` is an account's id, a server's for an agent, or a worker's own. `scopes` is None for a
    session, which may do everything that its account may. Features whose callers are programs
    derive from this, and add the caller's record.
    """

    subject: str
    session_id: str | None = None
    scopes: frozenset[str] | None = None


Authenticator = Callable[[Mapping[str, str]], Principal | None]
"""Answers who sends these headers (lower-case names), or None."""

_authenticators: dict[str, Authenticator] = {}


def authenticate_by(
    kind: Literal["account", "agent", "worker"], authenticator: Authenticator
) -> None:
    """Say how callers of a kind are recognised.

    `core` knows nothing of accounts, agents and workers; the features that do tell it, beside their
    routes.
    """
    _authenticators[kind] = authenticator


def principal_of(
    headers: Mapping[str, str], access: Access, scope: str | None, *, is_safe: bool
) -> Principal | None:
    """Who sends these headers (lower-case names), if that is somebody who may; None of the public.

    is_safe: whether the request changes nothing. Raises `SignedOut` and `Forbidden`.
    """
    if access == "public":
        return None
    kind = access if access in ("agent", "worker") else "account"
    principal = _authenticators[kind](headers)
    if principal is None:
        raise signed_out()
    if principal.session_id is not None and not is_safe:
        _refuse_other_sites(headers)
    if principal.scopes is not None:
        _require_scope(access, scope, principal.scopes)
    return principal


def _refuse_other_sites(headers: Mapping[str, str]) -> None:
    """A cookie travels with requests that other sites make; a header of our own does not.

    Browsers set `Sec-Fetch-Site` themselves; older ones send `Origin` with unsafe methods.
    """
    site = headers.get("sec-fetch-site")
    same = (
        site == "same-origin"
        if site is not None
        else headers.get("origin") == config.settings().app_origin
    )
    if not same or headers.get("x-ramon-request") != "1":
        raise Forbidden(
            "This request came from another site and was refused. Use the buttons of this "
            "application, or an API token.",
            code="cross_site",
        )


def _require_scope(access: Access, scope: str | None, scopes: frozenset[str]) -> None:
    if access == "session":
        raise Forbidden(
            "API tokens can't do this. Sign in with a browser instead.", code="session_required"
        )
    if scope is None or scope not in scopes:
        raise Forbidden(
            f"This token lacks the scope {scope or 'for this'}. Create one that has it, "
            "on your account page.",
            code="missing_scope",
            scope=scope,
        )


def signed_out() -> SignedOut:
    """The error of somebody who is not known."""
    return SignedOut("You are signed out. Sign in, and try again.")
