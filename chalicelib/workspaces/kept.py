"""What workspaces keep in storage, account by account."""

from chalicelib.storage.service import Needed
from chalicelib.workspaces import service


def contents(account_id: str) -> Needed:
    """The hashes of an account's contents that a snapshot of any account names.

    Histories are thinned, and manifests that no snapshot names any more deleted, on the way.
    """
    return service.sweep(account_id)
