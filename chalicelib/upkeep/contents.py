"""Deletes contents that nothing of any account names any more."""

from chalicelib.core.observability import log
from chalicelib.core.sweeps import Sweep
from chalicelib.storage import service as storage
from chalicelib.upkeep import features

_SWEEP = Sweep("contents_sweep", seconds=600)


def sweep() -> None:
    """Delete, of every account that owns contents, what no feature needs.

    By the accounts that own contents, whether they have notebooks or not.
    """
    _SWEEP.over(
        sorted(storage.accounts()),
        "contents of an account were not swept",
        sweep_account,
        account_of=str,
    )


def sweep_account(account_id: str) -> None:
    """Delete those contents of an account that no root of any account names."""
    swept = storage.sweep(account_id, features.contents(account_id))
    log.info("swept contents", account_id=account_id, swept=swept)
