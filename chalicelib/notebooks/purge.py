"""Deletes notebooks for good, once their time to be restored is over."""

from chalicelib.core import clock
from chalicelib.core.sweeps import Sweep
from chalicelib.notebooks import deletion
from chalicelib.notebooks.models import Notebook

_SWEEP = Sweep("purge_sweep", seconds=600)


def sweep() -> None:
    """Delete for good what was deleted 30 days ago."""
    due = Notebook.purgeable.query(deletion.PURGE_SHARD, Notebook.purge_at <= clock.seconds())
    _SWEEP.over(
        due,
        "a notebook was not purged",
        lambda found: deletion.purge(found.id),
        account_of=lambda found: str(found.id),
    )
