"""Deletes for good: notebooks after their time, and contents that nothing names any more."""

from chalicelib.clusters import service as clusters
from chalicelib.core import clock, sweeps
from chalicelib.core.observability import log
from chalicelib.notebooks import deletion
from chalicelib.notebooks.models import Notebook
from chalicelib.storage import service as storage
from chalicelib.workspaces import service as workspaces


def sweep() -> None:
    """Delete what was deleted 30 days ago; then, of every account, contents that nothing names."""
    due = Notebook.purgeable.query(deletion.PURGE_SHARD, Notebook.purge_at <= clock.seconds())
    sweeps.each("a notebook was not purged", list(due), lambda found: deletion.purge(found.id))
    sweeps.each("contents of an account were not swept", storage.accounts(), sweep_contents)


def sweep_contents(account_id: str) -> None:
    """Delete those contents of an account that no root of any account names."""
    in_use = clusters.contents(account_id) | workspaces.sweep(account_id)
    swept = storage.sweep(account_id, in_use)
    log.info("swept contents", account_id=account_id, swept=swept)
