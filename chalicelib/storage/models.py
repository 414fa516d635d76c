"""Tables of storage."""

from pynamodb.attributes import UnicodeSetAttribute
from pynamodb.models import Model

from chalicelib.core import db
from chalicelib.core.attributes import Expiry, Instant, Integer, MaybeInstant, MaybeInteger, Text


class Blob(Model):
    """That an account has some content, and where it lies.

    Without a row, knowing a hash gives nobody the content. `renewed_at` is when somebody last made
    ready to name it. `swept_at` is when a sweep found that nothing needs it; who names it then has
    it back. From `deleted_at` on the account no longer has it, and its key is given up: the same
    content, brought again, has another. `given_up` are such keys at which something may be left.
    """

    class Meta(db.BaseMeta):
        """Table `blobs`."""

        table_name = db.table("blobs")

    account_id = Text(hash_key=True)
    sha256 = Text(range_key=True)
    size = Integer()
    key = Text()
    renewed_at = Instant()
    swept_at = MaybeInstant()
    deleted_at = MaybeInstant()
    given_up = UnicodeSetAttribute(null=True)


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


class Offer(Model):
    """Bytes that an account was allowed to bring, counted as its own until they are or never will.

    `contents` are the contents that it is for, as JSON (`offers.Content`); `bytes` is the sum of
    their sizes.
    """

    class Meta(db.BaseMeta):
        """Table `offers`."""

        table_name = db.table("offers")

    account_id = Text(hash_key=True)
    id = Text(range_key=True)
    bytes = Integer()
    contents = Text()
    expires_at = Integer()


class ByteCounter(Model):
    """The bytes of an account, and for how long they have been there.

    `held`: each root that it holds at its total size, the list of its files included. `history`:
    what older snapshots alone keep. `offered`: outstanding offers. `rest`: what nothing names until
    it is deleted, and what clusters need. `moment` is the sum of every change multiplied by the
    second at which it happened: with it the bytes and seconds until any time are known from this
    row alone (`counter.Stored`). `since` is the second of the first change; `sweeps` counts the
    sweeps that corrected `rest`, and `swept_at` is the second of the last.
    """

    class Meta(db.BaseMeta):
        """Table `byte_counters`."""

        table_name = db.table("byte_counters")

    account_id = Text(hash_key=True)
    held = Integer(default=0)
    history = Integer(default=0)
    offered = Integer(default=0)
    rest = Integer(default=0)
    moment = Integer(default=0)
    since = MaybeInteger()
    sweeps = Integer(default=0)
    swept_at = MaybeInteger()
