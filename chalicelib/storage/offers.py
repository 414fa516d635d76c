"""Offers: bytes are reserved before they move, and settled by the root that names them.

An offer is one row for up to 200 contents, each with a key of its own that nothing else ever has.
It is settled in the transaction that writes a root with its contents; what is never brought
expires, and a sweep deletes what arrived of it.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum

import msgspec

from chalicelib.core import clock, config, db, ids
from chalicelib.core.errors import Conflict
from chalicelib.storage import counter, s3
from chalicelib.storage.counter import Change
from chalicelib.storage.models import Blob, Offer

LIFE = 2 * s3.LIFE
"""Seconds that an offer lasts: its addresses work for the first half of it."""
LATE = 600
"""Seconds after its end at which an offer is swept: whoever claimed in time has finished."""
_MOST_SETTLED = 20
"""Offers that one transaction settles; the others expire. A save brings at most 1,000 contents."""
_TRIES = 10


class Kind(StrEnum):
    """What is offered."""

    CONTENT = "content"
    """Of a notebook."""
    FILE = "file"
    """What a browser hands in or downloads: deleted when its offer ends."""
    DOCUMENT = "document"
    """What the service itself writes about files: its own feature deletes it."""


class Content(msgspec.Struct, omit_defaults=True):
    """Some bytes that may be brought: where to, and in which multipart upload.

    Contents of notebooks alone have a hash: nothing else can be claimed.
    """

    sha256: str
    size: int
    key: str
    upload_id: str | None = None
    kind: Kind = Kind.CONTENT


def outstanding(account_id: str) -> list[Offer]:
    """The offers of an account, expired ones too."""
    return list(Offer.query(account_id, consistent_read=True))


def contents_of(offer: Offer) -> list[Content]:
    """The contents that an offer is for."""
    return msgspec.json.decode(offer.contents, type=list[Content])


def usable(account_id: str, *, seconds: int) -> list[Content]:
    """The contents that are offered for at least so many seconds to come, oldest offer first."""
    until = clock.seconds() + seconds
    return [
        content
        for offer in outstanding(account_id)
        if offer.expires_at >= until
        for content in contents_of(offer)
    ]


def reserve(
    account_id: str, wanted: list[Content], most: int, offer_id: str | None = None
) -> list[Content]:
    """Count contents as the account's before they come; gives those for which there is room.

    `most` is how many bytes of contents one account may have on their way; the smallest come first.
    All are of one kind, and each kind has its own bound: none takes another's room.
    """
    if not wanted:
        return []
    for _ in range(_TRIES):
        stored = counter.read(account_id)
        others = on_their_way(account_id, wanted[0].kind)
        contents = fitting(wanted, most - sum(each.size for each in others))
        if not contents or _write(stored, contents, offer_id or ids.new_id("of")):
            return contents
    raise Conflict("Much is being saved here at once. Please try again.", code="busy")


def on_their_way(account_id: str, kind: Kind) -> list[Content]:
    """What is offered now of one kind."""
    return [each for each in usable(account_id, seconds=0) if each.kind == kind]


def fitting(wanted: Iterable[Content], room: int) -> list[Content]:
    """As many contents as fit into so many bytes, the smallest first."""
    found = []
    for content in sorted(wanted, key=lambda each: each.size):
        room -= content.size
        if room < 0:
            break
        found.append(content)
    return found


@db.when_contended
def _write(stored: counter.Stored, contents: list[Content], offer_id: str) -> bool:
    offer = Offer(
        stored.account_id,
        offer_id,
        bytes=sum(content.size for content in contents),
        contents=msgspec.json.encode(contents).decode(),
        expires_at=clock.seconds() + LIFE,
    )
    try:
        with db.transaction() as write:
            write.save("offer", offer, condition=Offer.id.does_not_exist())
            as_read = counter.is_as_read(stored)
            counter.add_in(write, stored.account_id, Change(offered=offer.bytes), as_read)
    except db.Refused:
        return False
    return True


def settle_in(write: db.Writes, account_id: str, keys: Collection[str]) -> int:
    """End the offers of the contents at these keys in a transaction; gives their bytes.

    A refusal names its writes "offer …": another request has settled one at this moment.
    """
    settled = number = 0
    for offer in outstanding(account_id) if keys else ():
        contents = contents_of(offer)
        left = [content for content in contents if content.key not in keys]
        if len(left) < len(contents) and number < _MOST_SETTLED:
            number += 1
            settled += offer.bytes - sum(content.size for content in left)
            _leave_in(write, offer, left)
    return settled


def _leave_in(write: db.Writes, offer: Offer, left: list[Content]) -> None:
    label, as_read = f"offer {offer.id}", Offer.bytes == offer.bytes
    if not left:
        write.delete(label, offer, condition=as_read)
        return
    rest = Offer(
        offer.account_id,
        offer.id,
        bytes=sum(content.size for content in left),
        contents=msgspec.json.encode(left).decode(),
        expires_at=offer.expires_at,
    )
    write.save(label, rest, condition=as_read)


def expire(account_id: str) -> None:
    """Sweep: end the offers that nobody took up, and delete what arrived of them.

    What was claimed and never named by a root goes over to the rest, which a later sweep deletes;
    so do documents.
    """
    before = clock.seconds() - LATE
    for offer in outstanding(account_id):
        if offer.expires_at <= before:
            _expire(offer)


def _expire(offer: Offer) -> None:
    contents = contents_of(offer)
    kept = _kept_keys(offer.account_id, contents)
    settings = config.settings()
    for content in contents:
        if content.kind == Kind.FILE:
            s3.remove(settings.uploads_bucket, content.key)
        elif content.key not in kept:
            s3.discard(settings.blobs_bucket, content.key, content.upload_id)
    _end(offer, sum(content.size for content in contents if content.key in kept))


def _kept_keys(account_id: str, contents: list[Content]) -> set[str]:
    """The keys of what was claimed, and of documents."""
    keys = [(account_id, each.sha256) for each in contents if each.kind == Kind.CONTENT]
    found = Blob.batch_get(keys, consistent_read=True) if keys else ()
    claimed = {blob.key for blob in found if blob.deleted_at is None}
    return claimed | {each.key for each in contents if each.kind == Kind.DOCUMENT}


@db.when_contended
def _end(offer: Offer, claimed: int) -> None:
    try:
        with db.transaction() as write:
            write.delete("offer", offer, condition=Offer.bytes == offer.bytes)
            gone = Change(offered=-offer.bytes, rest=claimed)
            counter.add_in(write, offer.account_id, gone)
    except db.Refused:
        return  # it was settled, or another sweep was quicker
