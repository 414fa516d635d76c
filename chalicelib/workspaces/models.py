"""Tables of workspaces."""

from pynamodb.models import Model

from chalicelib.core import db
from chalicelib.core.attributes import Instant, Integer, Text


class Snapshot(Model):
    """All files of a notebook at one moment. Immutable; the one with the highest `seq` counts.

    The manifest (a document in S3) lists the files; `manifest_key` says where it is.
    """

    class Meta(db.BaseMeta):
        """Table `snapshots`."""

        table_name = db.table("snapshots")

    notebook_id = Text(hash_key=True)
    seq = Integer(range_key=True)
    id = Text()
    files = Integer()
    bytes = Integer()
    manifest_key = Text()
    created_at = Instant()
