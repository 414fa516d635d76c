"""Tables of accounts and of the ways to be recognised as one."""

from pynamodb.attributes import ListAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from chalicelib.core import db
from chalicelib.core.attributes import (
    Expiry,
    Instant,
    Integer,
    MaybeExpiry,
    MaybeInstant,
    MaybeText,
    Text,
)


class Account(Model):
    """One person who signed in; who is charged."""

    class Meta(db.BaseMeta):
        """Table `accounts`."""

        table_name = db.table("accounts")

    id = Text(hash_key=True)
    login = Text()
    name = Text()
    email = MaybeText()
    avatar_url = MaybeText()
    plan = Text()
    created_at = Instant()
    version = Integer(default=1)


class Identity(Model):
    """A name that an outside provider knows somebody by, such as `github:1234`."""

    class Meta(db.BaseMeta):
        """Table `identities`."""

        table_name = db.table("identities")

    key = Text(hash_key=True)
    account_id = Text()


class SessionsOfAccount(GlobalSecondaryIndex["Session"]):
    """Sessions of one account, oldest first."""

    class Meta(db.BaseMeta):
        """Index `by_account`."""

        index_name = "by_account"
        projection = AllProjection()

    account_id = Text(hash_key=True)
    id = Text(range_key=True)


class Session(Model):
    """One browser's sign-in. `digest` is the SHA-256 of the cookie; the cookie is nowhere."""

    class Meta(db.BaseMeta):
        """Table `sessions`."""

        table_name = db.table("sessions")

    id = Text(hash_key=True)
    digest = Text()
    account_id = Text()
    created_at = Instant()
    last_seen_at = Instant()
    user_agent = MaybeText()
    expires_at = Expiry()

    by_account = SessionsOfAccount()


class TokensOfAccount(GlobalSecondaryIndex["ApiToken"]):
    """API tokens of one account, oldest first."""

    class Meta(db.BaseMeta):
        """Index `by_account`."""

        index_name = "by_account"
        projection = AllProjection()

    account_id = Text(hash_key=True)
    token_id = Text(range_key=True)


class ApiToken(Model):
    """A personal API token, keyed by the SHA-256 of its secret."""

    class Meta(db.BaseMeta):
        """Table `api_tokens`."""

        table_name = db.table("api_tokens")

    id = Text(hash_key=True)
    token_id = Text()
    account_id = Text()
    name = Text()
    scopes: ListAttribute[str] = ListAttribute()
    created_at = Instant()
    last_used_at = MaybeInstant()
    expires_at = MaybeExpiry()

    by_account = TokensOfAccount()


class RateLimit(Model):
    """How many requests somebody made in one minute."""

    class Meta(db.BaseMeta):
        """Table `rate_limits`."""

        table_name = db.table("rate_limits")

    key = Text(hash_key=True)
    requests = Integer(default=0)
    expires_at = Expiry()
