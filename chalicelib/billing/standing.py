"""How an account stands: what it has spent of its limit this month, and whether it has paid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.accounts import service as accounts
from chalicelib.billing import payers
from chalicelib.billing.models import BillingAccount
from chalicelib.billing.vocabulary import PaymentStatus
from chalicelib.core import calendar, clock
from chalicelib.metering import months, uses
from chalicelib.metering.service import Use
from chalicelib.plans import catalogue
from chalicelib.plans.catalogue import Plan

CHECK_SECONDS = 60
"""How often limits are looked at (the schedule of `meter_usage`)."""
GRACE_DAYS = 7
"""Days after an unpaid invoice in which everything goes on; then nothing starts any more."""
STOP_DAYS = 14
"""Days after an unpaid invoice after which what runs is stopped."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands at a second. Money in dollars; `limit` is None if there is none."""

    account: BillingAccount
    plan: Plan
    at: int
    spent: Decimal
    limit: Decimal | None
    running: list[Use]

    @property
    def usd_second(self) -> Decimal:
        """What everything that runs costs a second, beyond the plan."""
        return sum((uses.extra_usd_second(use) for use in self.running), Decimal(0))

    @property
    def percent(self) -> int:
        """How much of the limit is spent, rounded down; a limit of nothing is always spent."""
        if self.limit is None:
            return 0
        return int(self.spent * 100 / self.limit) if self.limit else 100

    @property
    def is_reached(self) -> bool:
        """Whether nothing that costs extra can start any more, not even the least of it."""
        return self.would_pass(_least_extra_usd_second(self.plan))

    @property
    def is_nearly_spent(self) -> bool:
        """Whether the limit would be passed before it is looked at again."""
        return self.would_pass(Decimal(0))

    def would_pass(self, more_usd_second: Decimal) -> bool:
        """`is_nearly_spent`, if so much more a second were running."""
        ahead = self.spent + (self.usd_second + more_usd_second) * CHECK_SECONDS
        return self.limit is not None and ahead > self.limit

    @property
    def unpaid_days(self) -> int | None:
        """Days since an invoice could not be paid; None if all are paid."""
        since = self.account.unpaid_since
        return None if since is None else (self.at - since) // calendar.DAY

    @property
    def may_not_start(self) -> bool:
        """Whether the time to pay is over."""
        return self.unpaid_days is not None and self.unpaid_days >= GRACE_DAYS

    @property
    def must_stop(self) -> bool:
        """Whether what runs is stopped for want of payment."""
        return self.unpaid_days is not None and self.unpaid_days >= STOP_DAYS


def _least_extra_usd_second(plan: Plan) -> Decimal:
    extras = (plan.extra_usd_hour(size.units) for size in catalogue.SIZES.values())
    return min((extra for extra in extras if extra), default=Decimal(0)) / calendar.HOUR


def standing(payer_id: str) -> Standing:
    """How an account stands now."""
    (stands,) = standings({payer_id: uses.open_of_payer(payer_id)})
    return stands


def standings(running: Mapping[str, list[Use]]) -> Iterator[Standing]:
    """How accounts stand now, by what of theirs is open: as few requests for many as for one."""
    at = clock.seconds()
    month = calendar.month_of(at)
    since = calendar.month_start(month)
    plans = accounts.plans_of(running)
    records = payers.by_ids(running)
    recorded = months.recorded(running, month)
    for payer_id, own in running.items():
        account = records.get(payer_id) or BillingAccount(payer_id)
        plan = catalogue.plan(plans.get(payer_id, catalogue.FREE))
        unrecorded = sum((uses.accrued(use, at, since) for use in own), Decimal(0))
        spent = recorded.get(payer_id, Decimal(0)) + unrecorded
        yield Standing(account, plan, at, spent, limit_of(account, plan), own)


def limit_of(account: BillingAccount, plan: Plan) -> Decimal | None:
    """The monthly limit of an account: its own, else its plan's."""
    return plan.default_limit_usd if account.limit_kind == "plan" else account.limit


def status(stands: Standing) -> PaymentStatus:
    """How an account pays, in one word."""
    if stands.account.unpaid_since is not None:
        return PaymentStatus.UNPAID if stands.may_not_start else PaymentStatus.PAST_DUE
    if not stands.plan.has_usage:
        return PaymentStatus.FREE
    return PaymentStatus.ACTIVE if stands.account.ends_at is None else PaymentStatus.CANCELING
