"""A notebook's files of before: what may be looked at, and when they may be brought back."""

from chalicelib.core import clock, db, pages
from chalicelib.core.errors import Conflict
from chalicelib.notebooks import service
from chalicelib.notebooks.models import Notebook
from chalicelib.notebooks.states import STARTABLE
from chalicelib.workspaces import service as workspaces


def snapshots(
    account_id: str, notebook_id: str, *, limit: int, cursor: str | None
) -> tuple[list[workspaces.Snapshot], str | None, int]:
    """A page of the kept snapshots of a notebook, newest first, and the number of the newest."""
    notebook = service.read(account_id, notebook_id)
    found, following = workspaces.snapshots(
        notebook.id, limit, pages.decode_cursor(cursor, belongs_to=notebook.id)
    )
    newest = workspaces.newest_of(notebook.id)
    return found, following, newest.seq if newest else 0


def find(account_id: str, notebook_id: str, seq: int) -> workspaces.Snapshot:
    """A kept snapshot of a notebook. Raises `NotFound`."""
    return workspaces.find(service.read(account_id, notebook_id).id, seq)


def zipped(account_id: str, notebook_id: str, seq: int) -> str:
    """An address of all files of a snapshot as one zip. Raises `TooLarge`."""
    notebook = service.read(account_id, notebook_id)
    snapshot = workspaces.find(notebook.id, seq)
    at = snapshot.created_at.strftime("%Y-%m-%d %H.%M")
    return workspaces.zipped(account_id, snapshot, f"{notebook.name} {at}")


def restore(
    account_id: str, notebook_id: str, seq: int, paths: list[str] | None
) -> workspaces.Snapshot:
    """Bring files of a snapshot, or all of it, back as a new snapshot; none of before is lost.

    Raises `NotFound`, and `Conflict` while the notebook runs or is deleted, or if it does not fit.
    """
    notebook = service.read(account_id, notebook_id)
    if notebook.deleted_at is not None:
        raise Conflict("This notebook is deleted. Restore the notebook first.", code="deleted")
    if service.is_live(notebook):
        raise _is_running()
    limits = service.limits(service.plan_of(account_id))
    draft = workspaces.restored(account_id, workspaces.find(notebook.id, seq), paths, limits)
    saved = draft.snapshot
    actions: list[db.Action] = [
        Notebook.files.set(saved.files),
        Notebook.bytes.set(saved.bytes),
        Notebook.saved_at.set(clock.now()),
    ]
    # A start that came first restores other files, and saves them as the next snapshot.
    is_at_rest = Notebook.state.is_in(*STARTABLE) & Notebook.deleted_at.does_not_exist()
    try:
        workspaces.add(
            draft,
            limits,
            lambda write: write.update("notebook", notebook, actions, condition=is_at_rest),
        )
    except db.Refused as refused:
        raise _is_running() from refused
    return saved


def _is_running() -> Conflict:
    return Conflict(
        "This notebook is running, and saves its own files. Stop it, then restore.",
        code="running",
    )
