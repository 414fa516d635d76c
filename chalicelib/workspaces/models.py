"""Tables of workspaces."""

from pynamodb.attributes import UnicodeSetAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib.core import db
from chalicelib.core.attributes import Instant, Integer, MaybeInstant, Text


class SnapshotsByManifest(GlobalSecondaryIndex["Snapshot"]):
    """The snapshots that name a manifest."""

    class Meta(db.BaseMeta):
        """Index `by_manifest`."""

        index_name = "by_manifest"
        projection = KeysOnlyProjection()

    manifest = Text(hash_key=True)
    notebook_id = Text(range_key=True)


class SnapshotsByAccount(GlobalSecondaryIndex["Snapshot"]):
    """The snapshots that an account holds, oldest first."""

    class Meta(db.BaseMeta):
        """Index `by_account`."""

        index_name = "by_account"
        projection = KeysOnlyProjection()

    account_id = Text(hash_key=True)
    created_at = Instant(range_key=True)


class Snapshot(Model):
    """All files of a notebook at one moment. Immutable; the one with the highest `seq` counts.

    `manifest` names the document that lists the files, by its SHA-256; `owners` are the accounts
    whose copies of contents it names. `account_id` holds the snapshot. `bytes` is the sum of the
    files' sizes, `files` their number. `replaced` is the size of the contents that the kept
    snapshot before this one names and this one doesn't: what history alone keeps is the sum of it.
    `added`, `changed` and `removed` count the paths that differ from that snapshot.
    """

    class Meta(db.BaseMeta):
        """Table `snapshots`."""

        table_name = db.table("snapshots")

    notebook_id = Text(hash_key=True)
    seq = Integer(range_key=True)
    id = Text()
    account_id = Text()
    manifest = Text()
    owners = UnicodeSetAttribute(null=True)
    files = Integer()
    bytes = Integer()
    replaced = Integer(default=0)
    added = Integer(default=0)
    changed = Integer(default=0)
    removed = Integer(default=0)
    created_at = Instant()

    by_manifest = SnapshotsByManifest()
    by_account = SnapshotsByAccount()


class KnownManifest(Model):
    """That a manifest names contents of which an account owns the copies.

    `renewed_at` is when somebody last made ready to refer to it; `dropped_at` is when a sweep found
    for the first time that nothing refers to it; with `gone_at` its document is being deleted, and
    must be written again before anything refers to it.
    """

    class Meta(db.BaseMeta):
        """Table `manifests`."""

        table_name = db.table("manifests")

    owner_id = Text(hash_key=True)
    name = Text(range_key=True)
    renewed_at = Instant()
    dropped_at = MaybeInstant()
    gone_at = MaybeInstant()
