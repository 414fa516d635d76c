"""Whose notebooks there are."""

from chalicelib.core.sweeps import readable
from chalicelib.notebooks import canary
from chalicelib.notebooks.models import Notebook


def accounts() -> set[str]:
    """Every account that has notebooks, deleted ones included."""
    every = Notebook.scan(attributes_to_get=["account_id"], consistent_read=True)
    rows = readable("accounts with notebooks were not all listed", every)
    # A row that a restore made after a purge has none, before writes were conditional.
    found = {notebook.account_id for notebook in rows if notebook.account_id}
    return found - {canary.ACCOUNT_ID}
