"""Tables of workspaces."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.core import db


class Snapshot(Model):
    """All files of a notebook at one moment. Immutable; the one with the highest `seq` counts.

    The manifest (a document in S3) lists the files; `manifest_key` says where it is.
    """

    class Meta(db.BaseMeta):
        """Table `snapshots`."""

        table_name = db.table("snapshots")

    notebook_id = UnicodeAttribute(hash_key=True)
    seq = NumberAttribute(range_key=True)
    id = UnicodeAttribute()
    files = NumberAttribute()
    bytes = NumberAttribute()
    manifest_key = UnicodeAttribute()
    created_at = db.Instant()
