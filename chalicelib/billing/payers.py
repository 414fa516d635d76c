"""The records of how accounts pay."""

from collections.abc import Iterable

from chalicelib.billing.models import BillingAccount
from chalicelib.core import db


def read(account_id: str) -> BillingAccount:
    """How an account pays; a fresh record if it never has."""
    return db.find(BillingAccount, account_id) or BillingAccount(account_id)


def by_ids(account_ids: Iterable[str]) -> dict[str, BillingAccount]:
    """How accounts pay, in few requests; those that never have are left out."""
    found = BillingAccount.batch_get(account_ids, consistent_read=True)
    return {account.account_id: account for account in found}


def of_customer(customer_id: str) -> str | None:
    """Whose customer at Stripe it is; None if it is nobody's."""
    found = list(BillingAccount.by_customer.query(customer_id))
    return found[0].account_id if found else None
