"""The history of a notebook: which snapshots are kept, and what goes when there is no room.

Kept are everything of the last ten minutes, the last of each hour for a day, the last of each day
for 30 days, and always the newest. What history alone keeps is the sum of `replaced` over the kept
snapshots, and of `manifest_bytes` over all but the newest: content that left twice counts twice
until one of the two is dropped, and so does a manifest that two of them name.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby

from chalicelib.core import clock, db
from chalicelib.storage import service as storage
from chalicelib.workspaces import manifests, tree
from chalicelib.workspaces.models import Snapshot

EVERYTHING = timedelta(minutes=10)
"""For so long every save is kept…"""
MOST_OF_THOSE = 60
"""…but of a notebook that is saved more often than every ten seconds, only the last of them."""
HOURLY = timedelta(days=1)
DAILY = timedelta(days=30)
EVERY = 10
"""A notebook's history is thinned at each so many saves, and by the sweep."""
_AT_ONCE = 80
"""Rows that one transaction deletes; DynamoDB takes 100 writes in one."""
_MOST_DROPPED = 50
"""Snapshots that one save drops at most to make room…"""
_MOST_LOOKED_AT = 500
"""…and looks at; the newest snapshots of notebooks that rest are among them."""


def rows(notebook_id: str) -> list[Snapshot]:
    """The kept snapshots of a notebook, oldest first."""
    return list(Snapshot.query(notebook_id, consistent_read=True))


def thin(notebook_id: str) -> None:
    """Drop what is no longer kept. Asked again after an accident, does what is left to do."""
    kept: Snapshot | None = None
    gap: list[Snapshot] = []
    found = rows(notebook_id)
    keep = _kept(found, clock.now())
    for row in found:
        if row.seq not in keep:
            gap.append(row)
            continue
        if gap:
            _drop(gap, kept, row)
        kept, gap = row, []


def _kept(found: list[Snapshot], now: datetime) -> set[int]:
    """The numbers of the snapshots that are kept, of all those of a notebook."""
    lately = [row.seq for row in found if row.created_at > now - EVERYTHING]
    return {
        *lately[-MOST_OF_THOSE:],
        *_last_of_each(found, now - HOURLY, "%Y%m%d%H"),
        *_last_of_each(found, now - DAILY, "%Y%m%d"),
        *(row.seq for row in found[-1:]),
    }


def _last_of_each(found: list[Snapshot], since: datetime, form: str) -> list[int]:
    """The numbers of the last snapshot of each hour, or day, since a time."""
    young = (row for row in found if row.created_at > since)
    groups = groupby(young, key=lambda row: row.created_at.strftime(form))
    return [[row.seq for row in group][-1] for _, group in groups]


def make_room(account_id: str, quota: int) -> None:
    """Drop the oldest history of an account while roots and history exceed the quota.

    What is only on its way, or waits for a sweep, takes no history's place.
    """
    stored = storage.stored(account_id)
    over = stored.held + stored.history - quota
    for oldest, following in _oldest_of(account_id) if over > 0 and stored.history else ():
        over -= _drop([oldest], None, following)
        if over <= 0:
            return


def _oldest_of(account_id: str) -> Iterator[tuple[Snapshot, Snapshot]]:
    """The oldest snapshots of an account that are not the newest of a notebook, and what follows.

    The index is a moment behind, so each is looked up.
    """
    found = Snapshot.by_account.query(account_id, limit=_MOST_LOOKED_AT)
    pairs = 0
    for row in found:
        first = list(Snapshot.query(row.notebook_id, limit=2, consistent_read=True, page_size=2))
        if len(first) == 2 and first[0].seq == row.seq and pairs < _MOST_DROPPED:
            pairs += 1
            yield first[0], first[1]


def forget(notebook_id: str) -> None:
    """Delete every snapshot of a notebook, the newest last. Contents go with later sweeps."""
    found = rows(notebook_id)
    if len(found) > 1:
        _drop(found[:-1], None, found[-1])
    for newest in rows(notebook_id):
        _delete_last(newest)


@db.when_contended
def _delete_last(newest: Snapshot) -> None:
    try:
        with db.transaction() as write:
            write.delete("snapshot", newest, condition=Snapshot.replaced == newest.replaced)
            held, old = newest.total_bytes, newest.replaced
            gone = storage.Change(held=-held, history=-old, rest=held + old)
            storage.count_in(write, newest.account_id, gone)
    except db.Refused:
        return  # another one has deleted it


def _drop(gap: list[Snapshot], before: Snapshot | None, after: Snapshot) -> int:
    """Drop the snapshots between two that stay; gives the bytes that nothing names any more.

    Stops if one of them has changed since it was read: then somebody else is at it.
    """
    freed = 0
    while gap:
        some, gap = gap[:_AT_ONCE], gap[_AT_ONCE:]
        here = _drop_some(some, before, gap[0] if gap else after)
        if here is None:
            break
        freed += here
    return freed


@db.when_contended
def _drop_some(gap: list[Snapshot], before: Snapshot | None, after: Snapshot) -> int | None:
    """As `_drop`, by one transaction; None if it was refused."""
    left = _difference(before, after)
    dropped = sum(row.replaced + row.manifest_bytes for row in gap)
    freed = dropped + after.replaced - left.departed
    actions: list[db.Action] = [
        Snapshot.replaced.set(left.departed),
        Snapshot.added.set(left.added),
        Snapshot.changed.set(left.changed),
        Snapshot.removed.set(left.removed),
    ]
    try:
        with db.transaction() as write:
            for row in gap:
                as_read = Snapshot.replaced == row.replaced
                write.delete(f"snapshot {row.seq}", row, condition=as_read)
            as_read = Snapshot.replaced == after.replaced
            write.update("the following", after, actions, condition=as_read)
            gone = storage.Change(history=-freed, rest=freed)
            storage.count_in(write, after.account_id, gone)
    except db.Refused:
        return None
    after.replaced = left.departed
    return freed


def _difference(before: Snapshot | None, after: Snapshot) -> tree.Difference:
    """What changed between two snapshots; nothing if there is none before."""
    if before is None:
        return tree.Difference(added=after.files)
    return tree.compare(manifests.read(before.manifest), manifests.read(after.manifest))
