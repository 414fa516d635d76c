"""Deletes notebooks for good, once their time to be restored is over."""

from chalicelib.core import clock, sweeps
from chalicelib.notebooks import deletion
from chalicelib.notebooks.models import Notebook


def sweep() -> None:
    """Delete for good what was deleted 30 days ago."""
    due = Notebook.purgeable.query(deletion.PURGE_SHARD, Notebook.purge_at <= clock.seconds())
    sweeps.each("a notebook was not purged", list(due), lambda found: deletion.purge(found.id))
