"""Tables of notebooks."""

from pynamodb.attributes import MapAttribute, UnicodeSetAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib.core import db
from chalicelib.core.attributes import (
    Expiry,
    Instant,
    Integer,
    MaybeInstant,
    MaybeInteger,
    MaybeText,
    Text,
)


class NotebooksOfAccount(GlobalSecondaryIndex["Notebook"]):
    """Notebooks of one account, oldest first."""

    class Meta(db.BaseMeta):
        """Index `by_account`."""

        index_name = "by_account"
        projection = AllProjection()

    account_id = Text(hash_key=True)
    id = Text(range_key=True)


class Purgeable(GlobalSecondaryIndex["Notebook"]):
    """Deleted notebooks by the second at which they go for good."""

    class Meta(db.BaseMeta):
        """Index `purgeable`."""

        index_name = "purgeable"
        projection = KeysOnlyProjection()

    purge_shard = Text(hash_key=True)
    purge_at = Integer(range_key=True)


class Notebook(Model):
    """A hosted workspace with a size and a lifecycle.

    `state` and `server_id` change only in `lifecycle.py`. `version` counts changes of what a
    person can edit, and nothing else, so that a start does not spoil an edit under way.
    `purging_since` is there once it is being deleted for good: from then on it can't be restored.
    `signing_key` is a secret by which its servers know outputs that were made in this notebook: no
    copy of the notebook has it, and nobody but its own agent is told.
    """

    class Meta(db.BaseMeta):
        """Table `notebooks`."""

        table_name = db.table("notebooks")

    id = Text(hash_key=True)
    account_id = Text()
    name = Text()
    size = Text()
    idle_minutes = Integer()
    keep_until = MaybeInteger()
    source_kind = Text()
    source_label = MaybeText()
    version = Integer(default=1)
    signing_key = MaybeText()

    state = Text()
    state_since = Instant()
    server_id = MaybeText()
    failure_code = MaybeText()
    failure_message = MaybeText()
    last_stop_at = MaybeInstant()
    last_stop_reason = MaybeText()
    last_stop_message = MaybeText()

    files = Integer(default=0)
    bytes = Integer(default=0)
    saved_at = MaybeInstant()
    workspace_error = MaybeText()

    created_at = Instant()
    updated_at = Instant()
    deleted_at = MaybeInstant()
    purge_shard = MaybeText()
    purge_at = MaybeInteger()
    purging_since = MaybeInstant()

    by_account = NotebooksOfAccount()
    purgeable = Purgeable()


class ServersOfNotebook(GlobalSecondaryIndex["Server"]):
    """Servers of one notebook, oldest first."""

    class Meta(db.BaseMeta):
        """Index `by_notebook`."""

        index_name = "by_notebook"
        projection = AllProjection()

    notebook_id = Text(hash_key=True)
    id = Text(range_key=True)


class IdleServers(GlobalSecondaryIndex["Server"]):
    """Live servers by the second at which they will have been idle for too long."""

    class Meta(db.BaseMeta):
        """Index `idle`."""

        index_name = "idle"
        projection = KeysOnlyProjection()

    live = Text(hash_key=True)
    idle_at = Integer(range_key=True)


class LeasedServers(GlobalSecondaryIndex["Server"]):
    """Live servers by the second at which their lease ends."""

    class Meta(db.BaseMeta):
        """Index `leases`."""

        index_name = "leases"
        projection = KeysOnlyProjection()

    live = Text(hash_key=True)
    lease_expires_at = Integer(range_key=True)


class LiveServers(GlobalSecondaryIndex["Server"]):
    """Every live server."""

    class Meta(db.BaseMeta):
        """Index `by_live`."""

        index_name = "by_live"
        projection = AllProjection()

    live = Text(hash_key=True)
    id = Text(range_key=True)


class Server(Model):
    """One session of a notebook: one ECS task, one address, one record of use.

    `disk_gib` is the disk of its task, fixed at admission so that a repeated launch asks for the
    same task.
    `stages` has the milliseconds since 1970 at which each step of the start began, by its name.
    `started_at` is when ECS started its task, from when it is paid for; `opened_at` is when it
    could first be used. `live` is there from admission to end and names the shard of the sweeps'
    indexes, so that a sweep reads nothing that is over. `activity` is what its agent last said that
    it does: `schemas.Activity` as JSON. `unknown_since` is since when ECS has not known the task
    that was launched.
    """

    class Meta(db.BaseMeta):
        """Table `servers`."""

        table_name = db.table("servers")

    id = Text(hash_key=True)
    notebook_id = Text()
    account_id = Text()
    size = Text()
    disk_gib = Integer()
    state = Text()
    stages: MapAttribute[str, int] = MapAttribute()
    requested_at = Instant()
    started_at = MaybeInstant()
    ready_at = MaybeInstant()
    opened_at = MaybeInstant()
    stopped_at = MaybeInstant()

    agent_digest = Text()
    task_arn = MaybeText()
    unknown_since = MaybeInstant()
    start_token = MaybeText()
    stop_token = MaybeText()
    stopping_since = MaybeInstant()
    stop_reason = MaybeText()
    stop_message = MaybeText()
    exit_code = MaybeInteger()

    live = MaybeText()
    last_activity_at = MaybeInstant()
    idle_at = MaybeInteger()
    lease_expires_at = MaybeInteger()
    memory_bytes = MaybeInteger()
    activity = MaybeText()

    by_notebook = ServersOfNotebook()
    idle = IdleServers()
    leases = LeasedServers()
    by_live = LiveServers()


class Slots(Model):
    """The servers that an account has up now; the plan bounds how many."""

    class Meta(db.BaseMeta):
        """Table `slots`."""

        table_name = db.table("slots")

    account_id = Text(hash_key=True)
    servers = UnicodeSetAttribute(null=True)


class Route(Model):
    """What the gateway reads: whether a host is up, and where, or why it is not (`ServerEnd`)."""

    class Meta(db.BaseMeta):
        """Table `routes`."""

        table_name = db.table("routes")

    host = Text(hash_key=True)
    notebook_id = Text()
    state = Text()
    reason = MaybeText()
    target = MaybeText()
    server_id = MaybeText()


class Ticket(Model):
    """Permission to enter a notebook once. The key is the SHA-256 of what the browser carries."""

    class Meta(db.BaseMeta):
        """Table `tickets`."""

        table_name = db.table("tickets")

    id = Text(hash_key=True)
    server_id = Text()
    account_id = Text()
    expires_at = Expiry()
