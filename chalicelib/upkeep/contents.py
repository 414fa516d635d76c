"""Deletes contents that nothing of any account names any more."""

from chalicelib.core import sweeps
from chalicelib.core.observability import log
from chalicelib.storage import service as storage
from chalicelib.upkeep import features


def sweep() -> None:
    """Delete, of every account that owns contents, what no feature needs.

    By the accounts that own contents, whether they have notebooks or not.
    """
    sweeps.each("contents of an account were not swept", storage.accounts(), sweep_account)


def sweep_account(account_id: str) -> None:
    """Delete those contents of an account that no root of any account names."""
    swept = storage.sweep(account_id, features.contents(account_id))
    log.info("swept contents", account_id=account_id, swept=swept)
