"""What an account may still use: its own limit, its plan, and whether it has paid.

The limit is on what is used beyond the plan in a calendar month (UTC). It is held against the
ledger and what runs at the moment, not against Stripe, which learns of usage an hour later.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from chalicelib.accounts import service as accounts
from chalicelib.billing import calendar, catalogue, runs
from chalicelib.billing.catalogue import Plan, Units
from chalicelib.billing.models import BillingAccount, Run, UsageMonth
from chalicelib.billing.runs import Kind
from chalicelib.core import clock, db
from chalicelib.core.errors import Conflict, Invalid, VersionMismatch
from chalicelib.core.observability import surviving
from chalicelib.core.sweeps import UNREADABLE

CHECK_SECONDS = 60
"""How often limits are looked at (the schedule of `meter_usage`)."""
GRACE_DAYS = 7
"""Days after an unpaid invoice in which everything goes on; then nothing starts any more."""
STOP_DAYS = 14
"""Days after an unpaid invoice after which what runs is stopped."""
MOST_LIMIT_USD = 100_000
"""The highest limit that can be set; higher is a slip of the finger."""


class Cause(StrEnum):
    """Why something must stop."""

    LIMIT = "limit"
    UNPAID = "unpaid"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands at a second. Money in dollars; `limit` is None if there is none."""

    account: BillingAccount
    plan: Plan
    at: int
    spent: Decimal
    limit: Decimal | None
    running: list[Run]

    @property
    def usd_second(self) -> Decimal:
        """What everything that runs costs a second, beyond the plan."""
        return sum((runs.extra_usd_second(run) for run in self.running), Decimal(0))

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


@dataclass(frozen=True, slots=True)
class Verdict:
    """A run that must stop, and why, in words for its owner."""

    run_id: str
    cause: Cause
    message: str


def read(account_id: str) -> BillingAccount:
    """How an account pays; a fresh one if it never has."""
    try:
        return BillingAccount.get(account_id, consistent_read=True)
    except db.DoesNotExist:
        return BillingAccount(account_id)


def standing(account_id: str) -> Standing:
    """How an account stands now."""
    (stands,) = _standings({account_id: runs.open_of_account(account_id)})
    return stands


def _standings(running: Mapping[str, list[Run]]) -> Iterator[Standing]:
    """How accounts stand now, by what of theirs is open: as few requests for many as for one."""
    at = clock.seconds()
    month = calendar.month_of(at)
    since = calendar.month_start(month)
    plans = accounts.plans_of(running)
    payers = _payers(running)
    recorded = _recorded(running, month)
    for account_id, own in running.items():
        account = payers.get(account_id) or BillingAccount(account_id)
        plan = catalogue.plan(plans.get(account_id, catalogue.FREE))
        unrecorded = sum((runs.accrued(run, at, since) for run in own), Decimal(0))
        spent = recorded.get(account_id, Decimal(0)) + unrecorded
        yield Standing(account, plan, at, spent, limit_of(account, plan), own)


def _payers(account_ids: Iterable[str]) -> dict[str, BillingAccount]:
    found = BillingAccount.batch_get(account_ids, consistent_read=True)
    return {account.account_id: account for account in found}


def _recorded(account_ids: Iterable[str], month: str) -> dict[str, Decimal]:
    keys = [(account_id, month) for account_id in account_ids]
    return {row.account_id: row.amount for row in UsageMonth.batch_get(keys, consistent_read=True)}


def limit_of(account: BillingAccount, plan: Plan) -> Decimal | None:
    """The monthly limit of an account: its own, else its plan's."""
    return plan.default_limit_usd if account.limit_kind == "plan" else account.limit


def status(stands: Standing) -> Literal["free", "active", "canceling", "past_due", "unpaid"]:
    """How an account pays, in one word."""
    if stands.account.unpaid_since is not None:
        return "unpaid" if stands.may_not_start else "past_due"
    if not stands.plan.has_usage:
        return "free"
    return "active" if stands.account.ends_at is None else "canceling"


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
            version=read(account_id).version,
        )


def admit(account_id: str, units: Units) -> Plan:
    """Let an account start a notebook of this power, and give its plan.

    Raises `Conflict` with what to do: `payment_required`, `plan_size`, `limit_reached`.
    """
    stands = _paying(account_id)
    extra = stands.plan.extra_usd_hour(units)
    if extra is None:
        raise Conflict(
            f"The plan {stands.plan.name} doesn't have this size. Choose a smaller size, or "
            "another plan.",
            code="plan_size",
        )
    if extra and stands.would_pass(extra / calendar.HOUR):
        raise _limit_reached(stands, "choose a size that your plan includes")
    return stands.plan


def admit_cluster(account_id: str, units: Units, workers: int) -> Plan:
    """Let an account have so many more workers of this power each, and give its plan.

    Raises `Conflict` with what to do: `payment_required`, `plan_cluster`, `limit_reached`.
    """
    stands = _paying(account_id)
    if not stands.plan.has_usage:
        raise Conflict(
            f"The plan {stands.plan.name} has no clusters. Choose another plan, on the page of "
            "plans.",
            code="plan_cluster",
        )
    if stands.would_pass(catalogue.price_of_hour(units) * workers / calendar.HOUR):
        raise _limit_reached(stands, "take fewer or smaller workers")
    return stands.plan


def _paying(account_id: str) -> Standing:
    """How an account stands. Raises `Conflict` when the time to pay is over."""
    stands = standing(account_id)
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


def verdicts(kind: Kind) -> Iterator[Verdict]:
    """Sweep: everything of a kind that must stop now."""
    running: dict[str, list[Run]] = {}
    for run in sorted(runs.every_open(), key=lambda run: (run.account_id, run.started_at)):
        running.setdefault(run.account_id, []).append(run)
    if running:
        for stands in _each_standing(running):
            yield from _verdicts_of(stands, kind)


def _each_standing(running: Mapping[str, list[Run]]) -> Iterator[Standing]:
    """As `_standings`, but that an account which can't be read costs no other its limits."""
    try:
        yield from list(_standings(running))
    except UNREADABLE:
        for account_id, own in running.items():
            with surviving("an account's limits were not looked at", account_id=account_id):
                yield from list(_standings({account_id: own}))


def _verdicts_of(stands: Standing, kind: Kind) -> Iterator[Verdict]:
    runs = [run for run in stands.running if run.kind == kind and run.ended_at is None]
    for place, run in enumerate(runs):
        cause = _cause(stands, run, place)
        if cause is not None:
            yield Verdict(run.id, cause, _message(stands, cause))


def _cause(stands: Standing, run: Run, place: int) -> Cause | None:
    """Why a run must stop; `place` counts those that began before it."""
    if stands.must_stop:
        return Cause.UNPAID
    if _is_beyond(stands.plan, run, place):
        return Cause.PLAN
    if runs.extra_usd_second(run) and stands.is_nearly_spent:
        return Cause.LIMIT
    return None


def _is_beyond(plan: Plan, run: Run, place: int) -> bool:
    if run.kind != Kind.NOTEBOOK:
        return not plan.has_usage
    units = {meter: int(run.units[meter]) for meter in run.units}
    return place >= plan.notebooks_at_once or plan.extra_usd_hour(units) is None


def _message(stands: Standing, cause: Cause) -> str:
    if cause is Cause.UNPAID:
        return "An invoice is unpaid. Pay it on the billing page, and start again."
    if cause is Cause.PLAN:
        return f"Your plan is {stands.plan.name} now, which does not include it. Choose another."
    return (
        f"Your monthly limit of ${stands.limit:.2f} was reached. Raise it on the billing page, or "
        "choose a size that your plan includes."
    )
