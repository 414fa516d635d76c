"""What an account may still use: its own limit, its plan, and whether it has paid.

The limit is on what is used beyond the plan in a calendar month (UTC). It is held against the
ledger and what runs at the moment, not against Stripe, which learns of usage an hour later.
"""

from decimal import Decimal

from chalicelib.accounts import service as accounts
from chalicelib.billing import payers
from chalicelib.billing.models import BillingAccount
from chalicelib.billing.standing import Standing, standing
from chalicelib.core import calendar, db
from chalicelib.core.errors import Conflict, Invalid, VersionMismatch
from chalicelib.plans import catalogue
from chalicelib.plans import service as plans
from chalicelib.plans.catalogue import Plan, Units

MOST_LIMIT_USD = 100_000
"""The highest limit that can be set; higher is a slip of the finger."""


def set_limit(account_id: str, amount: Decimal | None, version: int) -> None:
    """Set how many dollars may be spent beyond the plan in a month; None is as many as it takes.

    `version` is the one that was read. Raises `Invalid` beyond `MOST_LIMIT_USD`, `Conflict` on a
    plan without usage, and `VersionMismatch` if it was changed since.
    """
    if amount is not None and amount > MOST_LIMIT_USD:
        raise Invalid(f"Choose a limit of at most ${MOST_LIMIT_USD}.", field="limit_usd")
    plan = catalogue.plan(accounts.read(account_id).plan)
    if not plan.has_usage:
        raise Conflict(
            f"The plan {plan.name} costs nothing, so there is nothing to limit.", code="no_usage"
        )
    actions: list[db.Action] = [
        BillingAccount.limit_kind.set("none" if amount is None else "own"),
        BillingAccount.limit.remove() if amount is None else BillingAccount.limit.set(amount),
        BillingAccount.version.set(version + 1),
    ]
    is_as_read = BillingAccount.version == version
    if version == 1:
        is_as_read |= BillingAccount.version.does_not_exist()
    if not db.update_if(BillingAccount(account_id), is_as_read, actions):
        raise VersionMismatch(
            "Your limit was changed elsewhere in the meantime. Look at it, and try again.",
            version=payers.read(account_id).version,
        )


def admit(payer_id: str, units: Units) -> Plan:
    """Let a notebook of this power start at an account's expense, and give that account's plan.

    Raises `Conflict` with what to do: `payment_required`, `plan_size`, `limit_reached`.
    """
    stands = _paying(payer_id)
    extra = plans.admit_size(stands.plan, units)
    if extra and stands.would_pass(extra / calendar.HOUR):
        raise _limit_reached(stands, "choose a size that your plan includes")
    return stands.plan


def admit_cluster(payer_id: str, units: Units, workers: int) -> Plan:
    """Let so many workers of this power each start at an account's expense; gives its plan.

    Raises `Conflict` with what to do: `payment_required`, `plan_cluster`, `limit_reached`.
    """
    stands = _paying(payer_id)
    plans.admit_clusters(stands.plan)
    if stands.would_pass(catalogue.price_of_hour(units) * workers / calendar.HOUR):
        raise _limit_reached(stands, "take fewer or smaller workers")
    return stands.plan


def _paying(payer_id: str) -> Standing:
    """How an account stands. Raises `Conflict` when the time to pay is over."""
    stands = standing(payer_id)
    if stands.may_not_start:
        raise Conflict(
            "An invoice could not be paid. Pay it on the billing page; then you can start again.",
            code="payment_required",
        )
    return stands


def _limit_reached(stands: Standing, instead: str) -> Conflict:
    return Conflict(
        f"Your monthly limit of ${stands.limit:.2f} is reached. Raise it on the billing page, or "
        f"{instead}.",
        code="limit_reached",
    )
