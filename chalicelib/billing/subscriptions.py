"""How an account subscribes, changes its plan and ends it.

What holds is at Stripe. `apply` reads it there and writes it down, whenever somebody says that it
may have changed: a webhook, or a request of ours. The newest look wins, in whatever order the news
arrive: a write is refused when another look was written since this one began, and then it looks
again.

An account has one subscription; `checkout.py` sees to it. Should there be two all the same (two
pages were completed in the same second), the older one stays; the other is ended and paid back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.billing import payers, stripe_invoices, stripe_subscriptions
from chalicelib.billing.models import BillingAccount
from chalicelib.billing.stripe_subscriptions import Subscription
from chalicelib.core import calendar, clock, db
from chalicelib.core.errors import Conflict, Invalid, RamonError
from chalicelib.core.observability import log
from chalicelib.plans import catalogue
from chalicelib.plans.catalogue import FREE, PLANS, Plan

PAID_FOR = ("active", "trialing", "past_due")
"""Statuses in which the plan holds; `past_due` is the time to pay (`limits.py`)."""
LIVE = (*PAID_FOR, "unpaid", "paused")
"""Statuses of a subscription that is there; the others have ended, or never began."""
MARGIN = 60
"""Seconds by which Stripe's clock may differ from ours."""
TRIES = 8
"""How often somebody else may have written first."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was found at Stripe: the account's record of it, and its subscription if it has one."""

    account: BillingAccount
    subscription: Subscription | None


def apply(account_id: str) -> BillingAccount:
    """Write down how an account stands at Stripe now: its subscription, its plan, its debts."""
    return look(account_id).account


def look(account_id: str) -> Known:
    """`apply`, and what was found."""
    for _ in range(TRIES):
        account = payers.read(account_id)
        if account.customer_id is None:
            return Known(account, None)
        found = stripe_subscriptions.subscriptions_of(account.customer_id)
        live = [each for each in found if each.status in LIVE]
        kept = live[0] if live else (found[-1] if found else None)
        unpaid_since = stripe_invoices.unpaid_since(account.customer_id)
        if not _write(account, kept, unpaid_since):
            continue
        for second in live[1:]:
            _undo(account_id, second)
        return Known(payers.read(account_id), kept if live else None)
    raise busy()


@db.when_contended
def _write(account: BillingAccount, kept: Subscription | None, unpaid_since: int | None) -> bool:
    """Write what was found since `account` was read. False if somebody else has written since."""
    plan = _plan_of(kept)
    news: list[tuple[Any, Any, Any]] = [
        (BillingAccount.subscription_id, account.subscription_id, kept and kept.id),
        (BillingAccount.status, account.status, kept and kept.status),
        (BillingAccount.period_end, account.period_end, kept and kept.period_end),
        (BillingAccount.ends_at, account.ends_at, kept and kept.ends_at),
        (BillingAccount.unpaid_since, account.unpaid_since, unpaid_since),
    ]
    is_known = all(old == new for _, old, new in news)
    if is_known and accounts.read(account.account_id).plan == plan:
        return True
    changes = [name.remove() if new is None else name.set(new) for name, _, new in news]
    try:
        with db.transaction() as write:
            write.update(
                "billing account",
                BillingAccount(account.account_id),
                [*changes, BillingAccount.revision.add(1)],
                _is_as_read(account),
            )
            accounts.set_plan_in(write, account.account_id, plan)
    except db.Refused:
        return False
    return True


def _is_as_read(account: BillingAccount) -> db.Condition:
    same = BillingAccount.revision == account.revision
    return same if account.revision else same | BillingAccount.revision.does_not_exist()


def _plan_of(subscription: Subscription | None) -> str:
    if subscription is None or subscription.status not in PAID_FOR:
        return FREE
    if subscription.plan is None:
        log.error("a subscription is of no plan of ours", subscription_id=subscription.id)
    return subscription.plan or FREE


def _undo(account_id: str, second: Subscription) -> None:
    """End a second subscription. Money first: what is done then is known by the subscription."""
    log.warning("a second subscription is undone", account_id=account_id, id=second.id)
    stripe_invoices.undo(second.id)
    stripe_subscriptions.cancel_now(second.id)


def note_attempt(account: BillingAccount) -> bool:
    """Note that something was tried. False if somebody else has, since `account` was read."""
    changed = BillingAccount(account.account_id)
    return db.update_if(changed, _is_as_read(account), [BillingAccount.revision.add(1)])


@contextmanager
def another_attempt_if_it_fails(account: BillingAccount) -> Iterator[None]:
    """Stripe keeps its refusals by their idempotency keys; the next attempt gets another key."""
    try:
        yield
    except RamonError:
        note_attempt(account)
        raise


def portal(account_id: str) -> str:
    """Where to change cards and find receipts. Raises `Conflict` (`no_customer`)."""
    customer_id = payers.read(account_id).customer_id
    if customer_id is None:
        raise Conflict(
            "There is nothing to pay with yet: subscribe to a plan first.", code="no_customer"
        )
    return stripe_subscriptions.portal_url(customer_id)


def subscription_of(account_id: str) -> Subscription:
    """The subscription of an account. Raises `Conflict` (`no_subscription`) if it has none."""
    subscription = look(account_id).subscription
    if subscription is None:
        raise _no_subscription()
    return subscription


def change(account_id: str, plan_id: str, proration_at: int | None) -> BillingAccount:
    """Change the plan, now: the difference as of `proration_at` is charged or credited.

    The free plan means to end with the period; the present plan, to take that back. Raises
    `PaymentRequired` when the card is refused (nothing has changed then), and `Conflict`:
    `no_subscription`, `payment_required`, `preview_expired`.
    """
    plan = known_plan(plan_id)
    known = look(account_id)
    if known.subscription is not None:
        _change(known.account, known.subscription, plan, proration_at)
        return apply(account_id)
    if plan.id != FREE:
        raise _no_subscription()
    return known.account


def _change(
    account: BillingAccount, subscription: Subscription, plan: Plan, proration_at: int | None
) -> None:
    if plan.id in (FREE, subscription.plan):
        ends = plan.id == FREE
        if ends != (subscription.ends_at is not None):
            stripe_subscriptions.end_with_period(subscription, ends=ends)
        return
    if subscription.status not in ("active", "trialing"):
        raise unpaid()
    _check_proration(subscription, proration_at)
    with another_attempt_if_it_fails(account):
        stripe_subscriptions.change_plan(subscription, plan, proration_at, account.revision)


def known_plan(plan_id: str) -> Plan:
    """The plan of this id. Raises `Invalid` listing those that exist."""
    if plan_id not in PLANS:
        raise Invalid(f"There is no such plan. Choose one of: {', '.join(PLANS)}.", field="plan")
    return catalogue.plan(plan_id)


def _check_proration(subscription: Subscription, at: int | None) -> None:
    """A price is good for an hour, within the period that it was told of."""
    now = clock.seconds()
    if at is None:
        return
    if not max(now - calendar.HOUR, subscription.period_start) <= at <= now + MARGIN:
        raise Conflict(
            "This price is no longer the right one. Look at it again, and confirm.",
            code="preview_expired",
        )


def _no_subscription() -> Conflict:
    return Conflict("You have no subscription. Choose a plan first.", code="no_subscription")


def unpaid() -> Conflict:
    """An invoice has to be paid first."""
    return Conflict(
        "An invoice could not be paid. Pay it on the billing page first.", code="payment_required"
    )


def busy() -> Conflict:
    """Others were always quicker."""
    return Conflict("Much is changing here at once. Please try again.", code="busy")
