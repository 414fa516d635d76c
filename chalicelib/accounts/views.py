"""Accounts, sessions and API tokens, as the API tells them."""

from chalicelib.accounts import models, schemas
from chalicelib.core import clock
from chalicelib.core.views import view


def account(one: models.Account) -> schemas.Account:
    """The signed-in person."""
    return view(schemas.Account, one)


def session(one: models.Session, present: str | None) -> schemas.Session:
    """One browser that is signed in; `present` is the id of the one that asks."""
    return view(schemas.Session, one, current=one.id == present)


def token(one: models.ApiToken) -> schemas.Token:
    """A personal API token, without its secret.

    A scope that there is no more admits nothing, and is left out.
    """
    return view(
        schemas.Token,
        one,
        id=one.token_id,
        scopes=[scope for scope in schemas.Scope if scope in one.scopes],
        expires_at=clock.moment(one.expires_at),
    )
