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
    sweeps.each(
        "contents of an account were not swept",
        _notebooks_by_account().items(),
        lambda item: _sweep_contents(*item),
    )


def _notebooks_by_account() -> dict[str, list[str]]:
    """The notebooks of every account that has contents or notebooks.

    Not only of those that have notebooks: the last one of an account leaves its contents. Read
    consistently, because contents go that no notebook of this list names.
    """
    notebooks: dict[str, list[str]] = {account_id: [] for account_id in storage.accounts()}
    every = Notebook.scan(attributes_to_get=["id", "account_id"], consistent_read=True)
    for notebook in every:
        notebooks.setdefault(notebook.account_id, []).append(notebook.id)
    return notebooks


def _sweep_contents(account_id: str, notebook_ids: list[str]) -> None:
    in_use = clusters.contents(account_id)
    in_use.update(*(workspaces.contents(id_) for id_ in notebook_ids))
    for notebook_id in notebook_ids:
        workspaces.sweep(notebook_id)
    swept = storage.sweep(account_id, in_use)
    log.info("swept contents", account_id=account_id, swept=swept)
