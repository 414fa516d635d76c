"""Routes of accounts."""

import msgspec

from chalicelib.accounts import github, schemas, service, views, webhooks
from chalicelib.core import ids
from chalicelib.core.access import authenticate_by
from chalicelib.core.errors import BadRequest, Invalid
from chalicelib.core.http import Api, Call, Reply

api = Api(
    "accounts",
    may=(
        "keep accounts",
        "keep identities",
        "keep sessions",
        "keep api_tokens",
        "keep rate_limits",
        "keep claims",
        "query sessions.by_account",
        "query api_tokens.by_account",
        "speak with GitHub",
    ),
)
authenticate_by("account", service.recognise)

_OAUTH_COOKIE = "__Host-oauth"
_OAUTH_LIFE = 600
"""Seconds that a sign-in at GitHub may take: its code lives as long."""


@api.get("/auth/github/start", access="public", status=302, query=("return_to",))
def start_sign_in(call: Call) -> Reply[None]:
    """Go to GitHub to sign in."""
    state, verifier = ids.new_secret(), ids.new_secret()
    return_to = _local_path(call.query.get("return_to", "/notebooks"))
    kept = _set_cookie(_OAUTH_COOKIE, f"{state}.{verifier}.{return_to.encode().hex()}", _OAUTH_LIFE)
    return Reply(None, headers={"Location": github.authorize_url(state, verifier)}, cookies=(kept,))


@api.get("/auth/github/callback", access="public", status=302, query=("code", "state", "error"))
def finish_sign_in(call: Call) -> Reply[None]:
    """Come back from GitHub, signed in."""
    kept = service.cookie(call.headers, _OAUTH_COOKIE).split(".")
    forget = _clear_cookie(_OAUTH_COOKIE)
    if call.query.get("error"):
        return Reply(None, headers={"Location": "/?sign_in=cancelled"}, cookies=(forget,))
    if len(kept) != 3 or not ids.same(kept[0], call.query.get("state", "")):
        # A page that someone kept open for an hour, or a link made by somebody else.
        return Reply(None, headers={"Location": "/?sign_in=expired"}, cookies=(forget,))
    try:
        session = service.sign_in(
            call.query.get("code", ""), kept[1], call.headers.get("user-agent")
        )
    except Invalid:
        return Reply(None, headers={"Location": "/?sign_in=refused"}, cookies=(forget,))
    signed_in = _set_cookie(
        service.SESSION_COOKIE, session, int(service.SESSION_LIFE.total_seconds())
    )
    return_to = _local_path(_unhex(kept[2]))
    return Reply(None, headers={"Location": return_to}, cookies=(signed_in, forget))


@api.post("/auth/sign-out", access="session", status=204)
def sign_out(call: Call) -> Reply[None]:
    """Sign out of this browser."""
    if call.caller.session_id:
        service.sign_out(call.caller.session_id)
    return Reply(None, cookies=(_clear_cookie(service.SESSION_COOKIE),))


@api.post("/auth/sign-out-everywhere", access="session", status=204)
def sign_out_everywhere(call: Call) -> Reply[None]:
    """Sign out of every browser."""
    service.sign_out_everywhere(call.account_id)
    return Reply(None, cookies=(_clear_cookie(service.SESSION_COOKIE),))


@api.get("/me", returns=schemas.Account, scope="account:read")
def read_me(call: Call) -> schemas.Account:
    """Read the signed-in account."""
    return views.account(service.read(call.account_id))


@api.patch(
    "/me", access="session", body=schemas.UpdateAccount, returns=schemas.Account, versioned=True
)
def update_me(call: Call, body: schemas.UpdateAccount) -> schemas.Account:
    """Change the profile."""
    return views.account(service.rename(call.account_id, body.name, call.if_match()))


@api.get("/me/sessions", access="session", returns=schemas.SessionPage)
def list_sessions(call: Call) -> schemas.SessionPage:
    """List the browsers that are signed in."""
    items = [
        views.session(each, call.caller.session_id) for each in service.sessions(call.account_id)
    ]
    return schemas.SessionPage(items, next_cursor=None)


@api.delete("/me/sessions/{session_id}", access="session", status=204)
def end_session(call: Call, session_id: str) -> None:
    """Sign out of one browser."""
    service.end_session(call.account_id, session_id)


@api.get("/me/tokens", access="session", returns=schemas.TokenPage)
def list_tokens(call: Call) -> schemas.TokenPage:
    """List the API tokens."""
    items = [views.token(found) for found in service.tokens(call.account_id)]
    return schemas.TokenPage(items, next_cursor=None)


@api.post(
    "/me/tokens",
    access="session",
    body=schemas.CreateToken,
    returns=schemas.NewToken,
    status=201,
)
def create_token(call: Call, body: schemas.CreateToken) -> schemas.NewToken:
    """Create an API token; its secret is in this answer and nowhere else."""
    secret, token = service.create_token(
        call.account_id, body.name, [scope.value for scope in body.scopes], body.expires_in_days
    )
    return schemas.NewToken(token=secret, **msgspec.structs.asdict(views.token(token)))


@api.delete("/me/tokens/{token_id}", access="session", status=204)
def revoke_token(call: Call, token_id: str) -> None:
    """Revoke an API token."""
    service.revoke_token(call.account_id, token_id)


@api.post("/webhooks/github", access="public", body=bytes, status=204)
def receive_from_github(call: Call, body: bytes) -> None:
    """Take note of what GitHub tells."""
    headers = call.headers
    webhooks.receive(
        body, headers.get("x-github-event", ""), headers.get("x-hub-signature-256", "")
    )


def _local_path(path: str) -> str:
    """Somewhere on our own site; anything else would make us send people to strangers."""
    local = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if local and path.isprintable() and path.isascii() else "/notebooks"


def _unhex(text: str) -> str:
    try:
        return bytes.fromhex(text).decode()
    except ValueError as error:
        raise BadRequest("This sign-in was tampered with. Please sign in again.") from error


def _set_cookie(name: str, value: str, seconds: int) -> str:
    return f"{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"


def _clear_cookie(name: str) -> str:
    return _set_cookie(name, "", 0)
