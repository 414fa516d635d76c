"""Tables of storage."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.core import db


class Blob(Model):
    """That an account has some content, and where it lies.

    The key need not be under the account's own prefix: a copy of somebody's published files is
    a row, not bytes. Without a row, knowing a hash gives nobody the content.
    """

    class Meta(db.BaseMeta):
        """Table `blobs`."""

        table_name = db.table("blobs")

    account_id = UnicodeAttribute(hash_key=True)
    sha256 = UnicodeAttribute(range_key=True)
    size = NumberAttribute()
    key = UnicodeAttribute()
    created_at = db.Instant()


class Upload(Model):
    """A file that a browser was allowed to hand in."""

    class Meta(db.BaseMeta):
        """Table `uploads`."""

        table_name = db.table("uploads")

    id = UnicodeAttribute(hash_key=True)
    account_id = UnicodeAttribute()
    filename = UnicodeAttribute()
    size = NumberAttribute()
    expires_at = NumberAttribute()
