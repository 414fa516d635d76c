"""Deleting notebooks: taken back within 30 days, or done for good after that.

Each write is conditional on what was read, so that a restore and a purge that meet do one of the
two, and neither writes to a notebook that is gone.
"""

from datetime import timedelta

from chalicelib.core import clock, db
from chalicelib.notebooks import lifecycle, service
from chalicelib.notebooks.models import Notebook, Route
from chalicelib.notebooks.states import STARTABLE, ServerEnd
from chalicelib.workspaces import service as workspaces

UNDO_DAYS = 30
"""Days that a deleted notebook can be restored."""
PURGE_SHARD = "notebooks"
"""The one partition of the index of deleted notebooks: few are purged a day."""


def delete(account_id: str, notebook_id: str) -> None:
    """Delete a notebook, so that it can be restored for 30 days. A server of it is stopped."""
    notebook = service.read(account_id, notebook_id)
    if notebook.deleted_at is None:
        now = clock.now()
        db.update_if(
            notebook,
            Notebook.id.exists() & Notebook.deleted_at.does_not_exist(),
            [
                Notebook.deleted_at.set(now),
                Notebook.purge_shard.set(PURGE_SHARD),
                Notebook.purge_at.set(clock.second_of(now + timedelta(days=UNDO_DAYS))),
            ],
        )
    # Also when it was deleted before: whoever did that may not have come as far as this.
    server = service.live_server(notebook)
    if server is not None:
        lifecycle.ask_to_stop(server, ServerEnd.DELETED, "You deleted the notebook.")
    else:
        _show(notebook.id, "deleted")


def restore(account_id: str, notebook_id: str) -> Notebook:
    """Take back a deletion. Raises `NotFound` once it is being deleted for good."""
    notebook = service.read(account_id, notebook_id)
    if notebook.deleted_at is None:
        return notebook
    restored = db.update_if(
        notebook,
        (Notebook.purge_at == notebook.purge_at) & Notebook.purging_since.does_not_exist(),
        [
            Notebook.deleted_at.remove(),
            Notebook.purge_shard.remove(),
            Notebook.purge_at.remove(),
            Notebook.updated_at.set(clock.now()),
        ],
    )
    if not restored:
        return restore(account_id, notebook_id)  # another restored, purged or deleted it again
    if not service.is_live(notebook):
        _show(notebook.id, notebook.state)
    return notebook


def _show(notebook_id: str, state: str) -> None:
    """Let the gateway show this state, unless the notebook was purged at this moment."""
    route = Route(lifecycle.host_label(notebook_id))
    db.update_if(route, Route.host.exists(), [Route.state.set(state)])


def purge(notebook_id: str) -> None:
    """Delete for good what was deleted 30 days ago and never restored.

    From the first write on it can't be restored. If the rest is cut off, the next purge does it.
    """
    notebook = db.find(Notebook, notebook_id)
    if (
        notebook is None  # the index is a moment behind
        or notebook.purge_at is None
        or notebook.purge_at > clock.seconds()
        or service.is_live(notebook)
    ):
        return
    claimed = db.update_if(
        notebook,
        (Notebook.purge_at == notebook.purge_at) & Notebook.state.is_in(*STARTABLE),
        [Notebook.purging_since.set(clock.now())],
    )
    if not claimed:
        return  # it was restored at this moment
    workspaces.forget(notebook.id)
    Route(lifecycle.host_label(notebook.id)).delete()
    notebook.delete()
