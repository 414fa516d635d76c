"""What the API says and hears of accounts."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta


class Scope(StrEnum):
    """What an API token may do."""

    ACCOUNT_READ = "account:read"
    CLUSTERS_READ = "clusters:read"
    CLUSTERS_WRITE = "clusters:write"
    NOTEBOOKS_READ = "notebooks:read"
    NOTEBOOKS_WRITE = "notebooks:write"


class Account(msgspec.Struct):
    """The signed-in person."""

    id: str
    login: str
    name: str
    email: str | None
    avatar_url: str | None
    plan: str
    created_at: datetime
    version: int


class UpdateAccount(msgspec.Struct, forbid_unknown_fields=True):
    """What can be changed of a profile."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]


class Session(msgspec.Struct):
    """One browser that is signed in."""

    id: str
    current: bool
    created_at: datetime
    last_seen_at: datetime
    user_agent: str | None


class SessionPage(msgspec.Struct):
    """A page of sessions."""

    items: list[Session]
    next_cursor: str | None


class CreateToken(msgspec.Struct, forbid_unknown_fields=True):
    """A personal API token to be made."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=10)]
    expires_in_days: Annotated[int, Meta(ge=1, le=366)] | None = None


class Token(msgspec.Struct):
    """A personal API token, without its secret."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


class NewToken(Token, kw_only=True):
    """A token just made; `token` is its secret, shown this once."""

    token: str


class TokenPage(msgspec.Struct):
    """A page of API tokens."""

    items: list[Token]
    next_cursor: str | None
