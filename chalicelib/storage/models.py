"""Tables of storage."""

from pynamodb.models import Model

from chalicelib.core import db
from chalicelib.core.attributes import Expiry, Instant, Integer, MaybeInstant, Text


class Blob(Model):
    """That an account has some content, and where it lies.

    The key need not be under the account's own prefix: a copy of somebody's published files is
    a row, not bytes. Without a row, knowing a hash gives nobody the content.

    `swept_at` is when a sweep took the content: the account no longer has it, and the key is not
    used again while the row is there, so that no deletion meets bytes that came later.
    """

    class Meta(db.BaseMeta):
        """Table `blobs`."""

        table_name = db.table("blobs")

    account_id = Text(hash_key=True)
    sha256 = Text(range_key=True)
    size = Integer()
    key = Text()
    created_at = Instant()
    swept_at = MaybeInstant()


class Upload(Model):
    """A file that a browser was allowed to hand in."""

    class Meta(db.BaseMeta):
        """Table `uploads`."""

        table_name = db.table("uploads")

    id = Text(hash_key=True)
    account_id = Text()
    filename = Text()
    size = Integer()
    expires_at = Expiry()
