"""A snapshot on its way: written once its contents and its manifest are stored, and counted."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.core import db
from chalicelib.core.errors import Conflict
from chalicelib.storage import service as storage
from chalicelib.workspaces import tree
from chalicelib.workspaces.models import Snapshot
from chalicelib.workspaces.schemas import Committed

_TRIES = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes that an account may store in all, and that one notebook may hold."""

    account: int
    notebook: int

    @property
    def alone(self) -> int:
        """Bytes that one notebook may hold while the others hold nothing."""
        return min(self.account, self.notebook)


@dataclass(frozen=True, slots=True)
class Draft:
    """A snapshot whose contents and manifest are stored, and that is not written yet.

    `before` is the newest snapshot of the notebook, which it follows; `claimed` are the keys of its
    contents and of its manifest that were offered. Without `needs_room` it is written into a full
    account, too: its files and the list of them are no larger than before, but for what the same
    list takes more when it is compressed.
    """

    snapshot: Snapshot
    before: Snapshot | None = None
    needs_room: bool = True
    claimed: frozenset[str] = frozenset()

    @property
    def had(self) -> int:
        """Bytes of the snapshot before it."""
        return self.before.total_bytes if self.before else 0

    @property
    def grows(self) -> int:
        """By how many bytes it is larger than the one before it."""
        return self.snapshot.total_bytes - self.had


def newest_of(notebook_id: str) -> Snapshot | None:
    """The newest snapshot of a notebook."""
    found = Snapshot.query(notebook_id, scan_index_forward=False, limit=1, consistent_read=True)
    return next(iter(found), None)


def add(
    draft: Draft, limits: Limits, also: Callable[[db.Writes], object] = lambda _: None
) -> Committed:
    """Write a snapshot, count its bytes and settle its offers: one transaction, with `also` in it.

    Raises `Conflict`: `snapshot_conflict`, `quota_exceeded`. Refusals of what `also` writes are
    raised as they are.
    """
    for _ in range(_TRIES):
        try:
            _write(draft, limits, also)
        except db.Refused as refused:
            _explain(draft, limits, refused)
        else:
            return Committed(
                draft.snapshot.id, draft.snapshot.seq, draft.snapshot.bytes, draft.snapshot.files
            )
    raise Conflict("Much is being saved here at once. Please try again.", code="busy")


@db.when_contended
def _write(draft: Draft, limits: Limits, also: Callable[[db.Writes], object]) -> None:
    snapshot, account_id = draft.snapshot, draft.snapshot.account_id
    is_more = draft.needs_room and draft.grows > 0
    room = storage.holds_at_most(limits.account - draft.grows) if is_more else None
    with db.transaction() as write:
        write.save("snapshot", snapshot, condition=Snapshot.notebook_id.does_not_exist())
        settled = storage.settle_in(write, account_id, draft.claimed)
        replaced = snapshot.replaced + (draft.before.manifest_bytes if draft.before else 0)
        change = storage.Change(draft.grows, replaced, -settled)
        storage.count_in(write, account_id, change, room)
        also(write)


def _explain(draft: Draft, limits: Limits, refused: db.Refused) -> None:
    """Raise what a refusal means; nothing if another try is right."""
    if "snapshot" in refused.failed:
        # The manifest stays for the sweep: a request deletes nothing that a row might name.
        raise conflict(newest_of(draft.snapshot.notebook_id)) from refused
    if storage.COUNTER in refused.failed:
        require_fits(draft.snapshot.account_id, draft.before, draft.snapshot.total_bytes, limits)
        return
    if not all(label.startswith("offer ") for label in refused.failed):
        raise refused


def require_fits(account_id: str, before: Snapshot | None, total: int, limits: Limits) -> None:
    """Raise `Conflict` (`quota_exceeded`) if a snapshot grows beyond what its account may store.

    `total` are the bytes of its files and its manifest.
    """
    had = before.total_bytes if before else 0
    if total > had:
        others = storage.stored(account_id).held - had
        require_room(total, had, limits.account - others)


def require_room(wanted: int, used: int, room: int) -> None:
    """Raise `Conflict` (`quota_exceeded`) if a workspace of `wanted` bytes does not fit."""
    if wanted > room:
        raise Conflict(
            f"Your workspace is full: {_gib(wanted)} of {_gib(room)} GiB. Delete files, move some "
            "into another notebook, or choose a plan with more storage.",
            code="quota_exceeded",
            quota_bytes=room,
            used_bytes=used,
            wanted_bytes=wanted,
        )


def require_few_files(wanted: int, had: int) -> None:
    """Raise `Conflict` (`too_many_files`) if a workspace would have more paths than it may."""
    if wanted > tree.MOST_FILES and wanted > had:
        raise Conflict(
            f"A notebook can have {tree.MOST_FILES:,} files. Delete some, pack many small ones "
            "into an archive, or keep what can be made again out with a .ramonignore file.",
            code="too_many_files",
            files=had,
            limit=tree.MOST_FILES,
        )


def conflict(newest: Snapshot | None) -> Conflict:
    """What to say to whoever did not know the newest snapshot."""
    return Conflict(
        "The workspace has changed in the meantime. Read its newest snapshot first.",
        code="snapshot_conflict",
        head=newest.id if newest else None,
    )


def _gib(count: int) -> str:
    return f"{count / 1024**3:.1f}"
