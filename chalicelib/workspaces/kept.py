"""What workspaces keep in storage, account by account."""

from chalicelib.workspaces import service


def contents(account_id: str) -> set[str]:
    """The hashes of an account's contents that a snapshot of any account names.

    Manifests that no snapshot names any more are deleted on the way.
    """
    return service.sweep(account_id)
