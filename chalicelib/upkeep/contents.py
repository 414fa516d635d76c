"""Deletes contents that nothing of any account names any more."""

from chalicelib.core.observability import log
from chalicelib.core.sweeps import Sweep
from chalicelib.storage import service as storage
from chalicelib.upkeep import features

_SWEEP = Sweep("contents_sweep", seconds=600)


def sweep() -> None:
    """Delete what no feature needs, of every account that stores anything and is due.

    By the accounts that own contents, whether they have notebooks or not.
    """
    _SWEEP.over(
        [each.account_id for each in storage.every_stored() if storage.is_due(each)],
        "contents of an account were not swept",
        sweep_account,
        account_of=str,
    )


def sweep_account(account_id: str) -> None:
    """Delete those contents of an account that no root of any account names.

    In this order: what is named while it works was there before, and stays.
    """
    inventory = storage.take_inventory(account_id)
    swept = storage.sweep(inventory, features.contents(account_id))
    log.info("swept contents", account_id=account_id, swept=swept)
