"""Who may use this server: whoever comes with a ticket, and from then on with its cookie."""

from __future__ import annotations

import hashlib
import secrets
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web

from ramon_notebook.errors import AgentError, Refused

COOKIE = "__Host-ramon-notebook"
"""The browser accepts a cookie of this prefix from this very origin only."""

MOST_SESSIONS = 1000
"""Browsers that may be signed in at once; beyond, the oldest must ask for a new ticket."""

_PAGE = Template((Path(__file__).parent / "message.html").read_text())


class Sessions:
    """The browsers that came with a good ticket, by the hash of their cookie."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}

    def open(self, user: User) -> str:
        """A new secret for the cookie of this user."""
        secret = secrets.token_urlsafe(32)
        if len(self._users) >= MOST_SESSIONS:
            del self._users[next(iter(self._users))]
        self._users[_hashed(secret)] = user
        return secret

    def user(self, secret: str | None) -> User | None:
        """Who has this cookie."""
        return self._users.get(_hashed(secret)) if secret else None


class TicketIdentityProvider(IdentityProvider):
    """Jupyter's own tokens and passwords are off; only our cookie counts.

    Requests that name another host are refused: a notebook has one origin. A page asked for
    without the cookie leads to the application, which comes back with a ticket.
    """

    token = ""
    sessions = Sessions()
    host = ""
    open_url = ""

    @property
    def auth_enabled(self) -> bool:
        """Always: there is no way to turn it off."""
        return True

    @property
    def login_available(self) -> bool:
        """No form of Jupyter's to sign in with."""
        return False

    def get_user(self, handler: web.RequestHandler) -> User | None:
        """The user of the request's cookie; sends pages without one to the application."""
        if handler.request.host != self.host:
            raise web.HTTPError(403, "This notebook has another address.")
        user = self.sessions.user(handler.get_cookie(COOKIE))
        if user is None and not _is_public(handler):
            if not _is_page(handler):
                raise web.HTTPError(403, "Open this notebook from the application again.")
            handler.redirect(self.open_url)
            raise web.Finish
        return user

    def get_handlers(self) -> list[tuple[str, object]]:
        """No sign-in and sign-out of Jupyter's."""
        return []

    def validate_security(self, app: Any, ssl_options: dict[str, Any] | None = None) -> None:
        """Nothing to warn about: the cookie is required everywhere."""


class EnterHandler(JupyterHandler):
    """GET /ramon/enter?ticket=…: exchanges a one-use ticket for this origin's cookie."""

    @allow_unauthenticated
    async def get(self) -> None:
        """302 into JupyterLab, or a page that says how to get a new ticket."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        agent = self.settings["ramon_agent"]
        try:
            account = await agent.redeem(self.get_query_argument("ticket", ""))
        except Refused:
            await self._explain(403, "This link was used already, or is too old.")
            return
        except AgentError:
            await self._explain(503, "The service does not answer right now.")
            return
        user = User(
            username=account["login"],
            name=account.get("name") or account["login"],
            avatar_url=account.get("avatar_url"),
        )
        secret = agent.identity.sessions.open(user)
        self.set_cookie(COOKIE, secret, path="/", secure=True, httponly=True, samesite="Lax")
        self.redirect(agent.first_page())

    async def _explain(self, status: int, message: str) -> None:
        url = self.settings["ramon_agent"].identity.open_url
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        await self.finish(_PAGE.substitute(message=escape(message), url=escape(url)))


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _is_public(handler: web.RequestHandler) -> bool:
    """Whether Jupyter lets anybody call this, as it does for its style sheets."""
    method = getattr(handler, (handler.request.method or "get").lower(), None)
    return bool(getattr(method, "__allow_unauthenticated", False))


def _is_page(handler: web.RequestHandler) -> bool:
    request = handler.request
    reads = request.method in ("GET", "HEAD") and not isinstance(handler, APIHandler)
    return reads and "text/html" in request.headers.get("Accept", "")
