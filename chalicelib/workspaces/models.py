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
    files' sizes, `files` their number, `manifest_bytes` the size of the manifest as it is stored.
    `replaced` is the size of the contents that the kept snapshot before this one names and this one
    doesn't: what history alone keeps is the sum of it, and the manifests of all but the newest.
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
    manifest_bytes = Integer(default=0)
    replaced = Integer(default=0)
    added = Integer(default=0)
    changed = Integer(default=0)
    removed = Integer(default=0)
    created_at = Instant()

    by_manifest = SnapshotsByManifest()
    by_account = SnapshotsByAccount()

    @property
    def total_bytes(self) -> int:
        """What it counts for as the newest of a notebook: its files and its manifest."""
        return int(self.bytes + self.manifest_bytes)


class KnownManifest(Model):
    """That a manifest names contents of which an account owns the copies.

    `renewed_at` is when somebody last made ready to refer to it; `dropped_at` is when a sweep found
    for the first time that nothing refers to it; with `gone_at` its document is being deleted, and
    must be written under another name before anything refers to it. `bytes` is the size of the
    document as it is stored.
    """

    class Meta(db.BaseMeta):
        """Table `manifests`."""

        table_name = db.table("manifests")

    owner_id = Text(hash_key=True)
    name = Text(range_key=True)
    bytes = Integer(default=0)
    renewed_at = Instant()
    dropped_at = MaybeInstant()
    gone_at = MaybeInstant()
