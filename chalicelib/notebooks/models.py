"""Tables of notebooks."""

from pynamodb.attributes import (
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib.core import db


class NotebooksOfAccount(GlobalSecondaryIndex["Notebook"]):
    """Notebooks of one account, oldest first."""

    class Meta(db.BaseMeta):
        """Index `by_account`."""

        index_name = "by_account"
        projection = AllProjection()

    account_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class Purgeable(GlobalSecondaryIndex["Notebook"]):
    """Deleted notebooks by the second at which they go for good."""

    class Meta(db.BaseMeta):
        """Index `purgeable`."""

        index_name = "purgeable"
        projection = KeysOnlyProjection()

    purge_shard = UnicodeAttribute(hash_key=True)
    purge_at = NumberAttribute(range_key=True)


class Notebook(Model):
    """A hosted workspace with a size and a lifecycle.

    `state` and `server_id` change only in `lifecycle.py`. `version` counts changes of what a
    person can edit, and nothing else, so that a start does not spoil an edit under way.
    """

    class Meta(db.BaseMeta):
        """Table `notebooks`."""

        table_name = db.table("notebooks")

    id = UnicodeAttribute(hash_key=True)
    account_id = UnicodeAttribute()
    name = UnicodeAttribute()
    size = UnicodeAttribute()
    idle_minutes = NumberAttribute()
    keep_until = NumberAttribute(null=True)
    source_kind = UnicodeAttribute()
    source_label = UnicodeAttribute(null=True)
    version = NumberAttribute(default=1)

    state = UnicodeAttribute()
    state_since = db.Instant()
    server_id = UnicodeAttribute(null=True)
    failure_code = UnicodeAttribute(null=True)
    failure_message = UnicodeAttribute(null=True)
    last_stop_at = db.Instant(null=True)
    last_stop_reason = UnicodeAttribute(null=True)
    last_stop_message = UnicodeAttribute(null=True)

    files = NumberAttribute(default=0)
    bytes = NumberAttribute(default=0)
    saved_at = db.Instant(null=True)
    workspace_error = UnicodeAttribute(null=True)

    created_at = db.Instant()
    updated_at = db.Instant()
    deleted_at = db.Instant(null=True)
    purge_shard = UnicodeAttribute(null=True)
    purge_at = NumberAttribute(null=True)

    by_account = NotebooksOfAccount()
    purgeable = Purgeable()


class ServersOfNotebook(GlobalSecondaryIndex["Server"]):
    """Servers of one notebook, oldest first."""

    class Meta(db.BaseMeta):
        """Index `by_notebook`."""

        index_name = "by_notebook"
        projection = AllProjection()

    notebook_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class IdleServers(GlobalSecondaryIndex["Server"]):
    """Live servers by the second at which they will have been idle for too long."""

    class Meta(db.BaseMeta):
        """Index `idle`."""

        index_name = "idle"
        projection = KeysOnlyProjection()

    live = UnicodeAttribute(hash_key=True)
    idle_at = NumberAttribute(range_key=True)


class LeasedServers(GlobalSecondaryIndex["Server"]):
    """Live servers by the second at which their lease ends."""

    class Meta(db.BaseMeta):
        """Index `leases`."""

        index_name = "leases"
        projection = KeysOnlyProjection()

    live = UnicodeAttribute(hash_key=True)
    lease_expires_at = NumberAttribute(range_key=True)


class LiveServers(GlobalSecondaryIndex["Server"]):
    """Every live server."""

    class Meta(db.BaseMeta):
        """Index `by_live`."""

        index_name = "by_live"
        projection = AllProjection()

    live = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class Stage(MapAttribute[str, object]):
    """A step of a start, and when it began."""

    name = UnicodeAttribute()
    at = db.Instant()


class Server(Model):
    """One run of a notebook: one ECS task, one address, one record of use.

    `live` is there from admission to end and names the shard of the sweeps' indexes, so that a
    sweep reads nothing that is over.
    """

    class Meta(db.BaseMeta):
        """Table `servers`."""

        table_name = db.table("servers")

    id = UnicodeAttribute(hash_key=True)
    notebook_id = UnicodeAttribute()
    account_id = UnicodeAttribute()
    size = UnicodeAttribute()
    state = UnicodeAttribute()
    stages: ListAttribute[Stage] = ListAttribute(of=Stage)
    requested_at = db.Instant()
    ready_at = db.Instant(null=True)
    stopped_at = db.Instant(null=True)

    agent_digest = UnicodeAttribute()
    task_arn = UnicodeAttribute(null=True)
    start_token = UnicodeAttribute(null=True)
    stop_token = UnicodeAttribute(null=True)
    stopping_since = db.Instant(null=True)
    stop_reason = UnicodeAttribute(null=True)
    stop_message = UnicodeAttribute(null=True)
    exit_code = NumberAttribute(null=True)

    live = UnicodeAttribute(null=True)
    last_activity_at = db.Instant(null=True)
    idle_at = NumberAttribute(null=True)
    lease_expires_at = NumberAttribute(null=True)
    memory_bytes = NumberAttribute(null=True)

    by_notebook = ServersOfNotebook()
    idle = IdleServers()
    leases = LeasedServers()
    by_live = LiveServers()


class Slots(Model):
    """The servers that an account has up now; the plan bounds how many."""

    class Meta(db.BaseMeta):
        """Table `slots`."""

        table_name = db.table("slots")

    account_id = UnicodeAttribute(hash_key=True)
    servers = UnicodeSetAttribute(null=True)


class Route(Model):
    """What the gateway reads: whether a host is up, and where."""

    class Meta(db.BaseMeta):
        """Table `routes`."""

        table_name = db.table("routes")

    host = UnicodeAttribute(hash_key=True)
    notebook_id = UnicodeAttribute()
    state = UnicodeAttribute()
    target = UnicodeAttribute(null=True)
    server_id = UnicodeAttribute(null=True)


class Ticket(Model):
    """Permission to enter a notebook once. The key is the SHA-256 of what the browser carries."""

    class Meta(db.BaseMeta):
        """Table `tickets`."""

        table_name = db.table("tickets")

    id = UnicodeAttribute(hash_key=True)
    server_id = UnicodeAttribute()
    account_id = UnicodeAttribute()
    expires_at = NumberAttribute()
