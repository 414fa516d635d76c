"""Tables of accounts and of the ways to be recognised as one."""

from pynamodb.attributes import ListAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from chalicelib.core import db


class Account(Model):
    """One person who signed in; who is charged."""

    class Meta(db.BaseMeta):
        """Table `accounts`."""

        table_name = db.table("accounts")

    id = UnicodeAttribute(hash_key=True)
    login = UnicodeAttribute()
    name = UnicodeAttribute()
    email = UnicodeAttribute(null=True)
    avatar_url = UnicodeAttribute(null=True)
    plan = UnicodeAttribute()
    created_at = db.Instant()
    version = NumberAttribute(default=1)


class Identity(Model):
    """A name that an outside provider knows somebody by, such as `github:1234`."""

    class Meta(db.BaseMeta):
        """Table `identities`."""

        table_name = db.table("identities")

    key = UnicodeAttribute(hash_key=True)
    account_id = UnicodeAttribute()


class SessionsOfAccount(GlobalSecondaryIndex["Session"]):
    """Sessions of one account, oldest first."""

    class Meta(db.BaseMeta):
        """Index `by_account`."""

        index_name = "by_account"
        projection = AllProjection()

    account_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class Session(Model):
    """One browser's sign-in. `digest` is the SHA-256 of the cookie; the cookie is nowhere."""

    class Meta(db.BaseMeta):
        """Table `sessions`."""

        table_name = db.table("sessions")

    id = UnicodeAttribute(hash_key=True)
    digest = UnicodeAttribute()
    account_id = UnicodeAttribute()
    created_at = db.Instant()
    last_seen_at = db.Instant()
    user_agent = UnicodeAttribute(null=True)
    expires_at = NumberAttribute()

    by_account = SessionsOfAccount()


class TokensOfAccount(GlobalSecondaryIndex["ApiToken"]):
    """API tokens of one account, oldest first."""

    class Meta(db.BaseMeta):
        """Index `by_account`."""

        index_name = "by_account"
        projection = AllProjection()

    account_id = UnicodeAttribute(hash_key=True)
    token_id = UnicodeAttribute(range_key=True)


class ApiToken(Model):
    """A personal API token, keyed by the SHA-256 of its secret."""

    class Meta(db.BaseMeta):
        """Table `api_tokens`."""

        table_name = db.table("api_tokens")

    id = UnicodeAttribute(hash_key=True)
    token_id = UnicodeAttribute()
    account_id = UnicodeAttribute()
    name = UnicodeAttribute()
    scopes: ListAttribute[str] = ListAttribute(of=UnicodeAttribute)
    created_at = db.Instant()
    last_used_at = db.Instant(null=True)
    expires_at = NumberAttribute(null=True)

    by_account = TokensOfAccount()


class RateLimit(Model):
    """How many requests somebody made in one minute."""

    class Meta(db.BaseMeta):
        """Table `rate_limits`."""

        table_name = db.table("rate_limits")

    key = UnicodeAttribute(hash_key=True)
    count = NumberAttribute(default=0)
    expires_at = NumberAttribute()
