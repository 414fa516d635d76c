"""What an account stores: the counter's parts, and what deleted notebooks take of them."""

from dataclasses import dataclass
from decimal import Decimal

from chalicelib.accounts import service as accounts
from chalicelib.metering import service as metering
from chalicelib.notebooks.models import Notebook
from chalicelib.plans import catalogue
from chalicelib.plans.catalogue import GIB, MIB, Kind, Plan
from chalicelib.storage import service as storage


@dataclass(frozen=True, slots=True)
class Storage:
    """What an account stores, in bytes, on which plan, and what it costs in dollars.

    `deleted` is the part of the counter's `held` that the files of deleted notebooks take until
    these are purged.
    `charged` is what this month has cost so far, `usd_month` what a month of all this would cost.
    """

    counted: storage.Stored
    deleted: int
    plan: Plan
    charged: metering.Charged
    usd_month: Decimal

    @property
    def quota(self) -> int:
        """Bytes that the plan has room for."""
        return self.plan.most_storage_gib * GIB

    @property
    def included(self) -> int:
        """Bytes that are in the plan's price."""
        return self.plan.storage_gib * GIB


def read(account_id: str) -> Storage:
    """What an account stores now."""
    counted = storage.stored(account_id)
    plan = catalogue.plan(accounts.read(account_id).plan)
    return Storage(
        counted,
        deleted=min(counted.held, _deleted(account_id)),
        plan=plan,
        charged=metering.charged_for_storage(account_id),
        usd_month=_usd_month(plan, counted.bytes),
    )


def _deleted(account_id: str) -> int:
    found = Notebook.by_account.query(account_id, filter_condition=Notebook.deleted_at.exists())
    return sum(notebook.bytes for notebook in found)


def _usd_month(plan: Plan, stored: int) -> Decimal:
    units = {catalogue.STORAGE: -(-stored // MIB)}
    beyond = units[catalogue.STORAGE] - plan.covered_of(Kind.STORAGE, units)[catalogue.STORAGE]
    price = catalogue.METERS[catalogue.STORAGE].price_of_hour(beyond)
    return price * catalogue.HOURS_OF_MONTH
