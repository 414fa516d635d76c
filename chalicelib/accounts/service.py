"""The rules of accounts: who is recognised, for how long, and how that is taken back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie

from chalicelib.accounts import github
from chalicelib.accounts.models import Account, ApiToken, Identity, RateLimit, Session
from chalicelib.core import clock, db, ids, names, pages
from chalicelib.core.access import Principal
from chalicelib.core.errors import (
    Conflict,
    NotFound,
    SignedOut,
    TooManyRequests,
    VersionMismatch,
)

SESSION_COOKIE = "__Host-sid"
TOKEN_PREFIX = "rmn_"  # noqa: S105  a prefix by which scanners find leaked tokens
SESSION_LIFE = timedelta(days=90)
"""A session ends after this, used or not."""
SESSION_IDLE = timedelta(days=30)
"""A session that nobody used for this long has ended."""
_SEEN_STEP = timedelta(minutes=10)
REQUESTS_A_MINUTE = 600
"""Requests of one account in one minute: several open pages, and a script beside them."""
_FIRST_PLAN = "free"
"""The plan of everybody who has not subscribed to one; billing says what it has."""
MOST_TOKENS = 50
"""API tokens of one account."""


def sign_in(code: str, verifier: str, user_agent: str | None) -> str:
    """Finish a sign-in at GitHub. Answers the new session's cookie value.

    Every sign-in makes a new session, so nobody can plant one beforehand.
    """
    account = _account_of(github.sign_in(code, verifier))
    return _new_session(account.id, user_agent)


def _account_of(profile: github.Profile) -> Account:
    key = f"github:{profile.id}"
    identity = db.find(Identity, key, consistent_read=False)
    if identity is None:
        return _register(key, profile)
    account = read(identity.account_id)
    _refresh(account, profile)
    return account


@db.when_contended
def _register(key: str, profile: github.Profile) -> Account:
    account = Account(
        ids.new_id("acc"),
        login=profile.login,
        name=names.shortened(names.tamed(profile.name), characters=100) or profile.login,
        email=profile.email,
        avatar_url=profile.avatar_url,
        plan=_FIRST_PLAN,
        created_at=clock.now(),
    )
    try:
        with db.transaction() as write:
            write.save(
                "identity",
                Identity(key, account_id=account.id),
                condition=Identity.key.does_not_exist(),
            )
            write.save("account", account)
    except db.Refused:
        # The same person signed in twice at once; the other sign-in made the account.
        return read(Identity.get(key, consistent_read=True).account_id)
    return account


def _refresh(account: Account, profile: github.Profile) -> None:
    """Keep what GitHub says of a person up to date; the name is theirs to choose here."""
    told = (profile.login, profile.email, profile.avatar_url)
    if told == (account.login, account.email, account.avatar_url):
        return
    db.update(
        account,
        [
            Account.login.set(profile.login),
            Account.email.set(profile.email) if profile.email else Account.email.remove(),
            Account.avatar_url.set(profile.avatar_url)
            if profile.avatar_url
            else Account.avatar_url.remove(),
        ],
    )


def _new_session(account_id: str, user_agent: str | None) -> str:
    session_id, secret = ids.new_id("ses"), ids.new_secret()
    now = clock.now()
    Session(
        session_id,
        digest=ids.digest(secret),
        account_id=account_id,
        created_at=now,
        last_seen_at=now,
        user_agent=user_agent[:300] if user_agent else None,
        expires_at=clock.second_of(now + SESSION_IDLE),
    ).save()
    return f"{session_id}.{secret}"


def set_plan_in(write: db.Writes, account_id: str, plan: str) -> None:
    """Put an account on a plan, in the transaction that notes what it has subscribed to."""
    write.update("account", Account(account_id), [Account.plan.set(plan)], Account.id.exists())


def recognise(headers: Mapping[str, str]) -> Principal | None:
    """Who sends these headers (lower-case names): by API token, else by session cookie.

    Counts the request against the account's rate limit. None when nobody is recognised.
    """
    authorization = headers.get("authorization", "")
    principal = (
        _by_token(authorization.removeprefix("Bearer ").strip())
        if authorization.startswith(f"Bearer {TOKEN_PREFIX}")
        else _by_cookie(headers.get("cookie", ""))
    )
    if principal is not None:
        _count_request(principal.subject)
    return principal


def _by_cookie(header: str) -> Principal | None:
    session_id, _, secret = _cookie(header, SESSION_COOKIE).partition(".")
    if not ids.is_id("ses", session_id):
        return None
    session = db.find(Session, session_id, consistent_read=False)
    if session is None or not ids.same(session.digest, ids.digest(secret)) or _ended(session):
        return None
    _note_use(session)
    return Principal(session.account_id, session_id=session.id)


def cookie(headers: Mapping[str, str], name: str) -> str:
    """The value of a cookie in a request's headers, or an empty string."""
    return _cookie(headers.get("cookie", ""), name)


def _cookie(header: str, name: str) -> str:
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _ended(session: Session) -> bool:
    # TTL removes expired items up to days later, so the time is checked here as well.
    return session.expires_at <= clock.seconds() or session.created_at + SESSION_LIFE <= clock.now()


def _note_use(session: Session) -> None:
    now = clock.now()
    if now - session.last_seen_at < _SEEN_STEP:
        return
    ends = clock.second_of(now + SESSION_IDLE)
    if not db.update(session, [Session.last_seen_at.set(now), Session.expires_at.set(ends)]):
        raise SignedOut("You are signed out. Sign in, and try again.")


def _by_token(token: str) -> Principal | None:
    found = db.find(ApiToken, ids.digest(token), consistent_read=False)
    if found is None:
        return None
    if found.expires_at is not None and found.expires_at <= clock.seconds():
        return None
    now = clock.now()
    is_new_use = found.last_used_at is None or now - found.last_used_at >= _SEEN_STEP
    if is_new_use and not db.update(found, [ApiToken.last_used_at.set(now)]):
        return None  # it is revoked
    return Principal(found.account_id, scopes=frozenset(found.scopes))


def _count_request(account_id: str) -> None:
    now = clock.seconds()
    minute = now // 60
    counter = RateLimit(f"{account_id}:{minute}")
    # Repeated after a lost answer this counts twice, which harms nobody.
    counter.update(
        actions=[RateLimit.requests.add(1), RateLimit.expires_at.set((minute + 2) * 60)],
    )
    if counter.requests > REQUESTS_A_MINUTE:
        wait = 60 - now % 60
        raise TooManyRequests(
            f"That is more than {REQUESTS_A_MINUTE} requests in a minute. "
            f"Please wait {wait} seconds.",
            retry_after=wait,
        )


def read(account_id: str) -> Account:
    """One account. Raises `NotFound`."""
    return db.read(Account, account_id, "account", consistent_read=False)


def plans_of(account_ids: Iterable[str]) -> dict[str, str]:
    """The plans of many accounts, in few requests; one that does not exist is left out."""
    wanted = set(account_ids)
    # No more than that: a row whose other values can't be read must cost nobody else a sweep.
    found = Account.batch_get(wanted, attributes_to_get=["id", "plan"]) if wanted else ()
    return {account.id: account.plan for account in found}


def rename(account_id: str, name: str, version: int) -> Account:
    """Change the name that an account goes by; `version` is the one that was read."""
    account = read(account_id)
    actions = [Account.name.set(names.clean(name)), Account.version.add(1)]
    if not db.update_if(account, Account.version == version, actions):
        raise VersionMismatch(
            "Your profile was changed elsewhere in the meantime. Reload, and try again.",
            version=read(account_id).version,
        )
    return account


def read_github_file(
    owner: str, repository: str, readings: Sequence[github.Reading], most: int
) -> github.File:
    """A file of a public repository, of at most `most` bytes; see `github.read_file`."""
    return github.read_file(owner, repository, readings, most)


def sign_out(session_id: str) -> None:
    """End one session."""
    Session(session_id).delete()


def sign_out_everywhere(account_id: str) -> None:
    """End every session of an account, this one included."""
    for session in Session.by_account.query(account_id):
        session.delete()


def forget_github(github_id: int) -> None:
    """Somebody has taken our permission away at GitHub: end their sessions, if we know them."""
    identity = db.find(Identity, f"github:{github_id}", consistent_read=False)
    if identity is not None:
        sign_out_everywhere(identity.account_id)


def sessions(account_id: str) -> list[Session]:
    """The sessions of an account that have not ended, newest first."""
    found = Session.by_account.query(account_id, scan_index_forward=False, limit=pages.MAX_PAGE)
    return [session for session in found if not _ended(session)]


def end_session(account_id: str, session_id: str) -> None:
    """End one session of this account. Raises `NotFound` for anything else."""
    missing = NotFound("This session does not exist, or has ended already.")
    if not ids.is_id("ses", session_id):
        raise missing
    if not db.delete_if(Session(session_id), Session.account_id == account_id):
        raise missing


def create_token(
    account_id: str, name: str, scopes: list[str], expires_in_days: int | None
) -> tuple[str, ApiToken]:
    """Make a personal API token. Answers its secret, which is kept nowhere, and its record."""
    if len(tokens(account_id)) >= MOST_TOKENS:
        raise Conflict(
            f"You have {MOST_TOKENS} API tokens. Revoke one that you no longer use.",
            code="too_many_tokens",
        )
    secret = f"{TOKEN_PREFIX}{ids.new_secret()}"
    now = clock.now()
    token = ApiToken(
        ids.digest(secret),
        token_id=ids.new_id("tok"),
        account_id=account_id,
        name=names.clean(name),
        scopes=sorted(set(scopes)),
        created_at=now,
        expires_at=clock.second_of(now + timedelta(days=expires_in_days))
        if expires_in_days
        else None,
    )
    token.save()
    return secret, token


def tokens(account_id: str) -> list[ApiToken]:
    """The API tokens of an account that still work, newest first."""
    now = clock.seconds()
    return [
        token
        for token in ApiToken.by_account.query(account_id, scan_index_forward=False)
        if token.expires_at is None or token.expires_at > now
    ]


def revoke_token(account_id: str, token_id: str) -> None:
    """End one API token of this account. Raises `NotFound` for anything else."""
    missing = NotFound("This API token does not exist, or is revoked already.")
    if not ids.is_id("tok", token_id):
        raise missing
    found = list(ApiToken.by_account.query(account_id, ApiToken.token_id == token_id))
    if not found:
        raise missing
    found[0].delete()
