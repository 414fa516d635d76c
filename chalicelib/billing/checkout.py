"""How a subscription begins: by a Checkout page of Stripe's.

An account has one page at a time that can be completed, and none while it has a subscription. Two
tabs that ask for the same get the same page, which can be completed once.
"""

from chalicelib.accounts import service as accounts
from chalicelib.billing import payers, stripe_subscriptions, subscriptions
from chalicelib.billing.models import BillingAccount
from chalicelib.billing.stripe_subscriptions import Offer, Session, Subscription
from chalicelib.core import calendar, clock, db
from chalicelib.core.errors import Conflict, Invalid
from chalicelib.plans.catalogue import PLANS, Plan

SHORTEST_PAGE = 30 * 60
LONGEST_PAGE = calendar.DAY
"""Seconds for which Stripe keeps a Checkout page open (API reference, "Create a Checkout Session",
`expires_at`)."""


def begin(account_id: str, plan_id: str) -> str:
    """Where to subscribe to a plan: the address of a Checkout page.

    Asked again, it is the same page; for another plan, the first page is closed. Raises `Conflict`:
    `already_subscribed`, `payment_required`, `month_ends`.
    """
    plan = _paid_plan(plan_id)
    customer_id = _customer_of(account_id)
    for _ in range(subscriptions.TRIES):
        # Read before the rest: two requests at once see the same revision, and ask for the same.
        account = payers.read(account_id)
        # First the pages, then the subscriptions: a page that was completed has made one by then.
        sessions = stripe_subscriptions.sessions_of(customer_id)
        same = next((session for session in sessions.open if session.plan == plan.id), None)
        others = [session for session in sessions.open if session != same]
        if not all(stripe_subscriptions.expire_session(session.id) for session in others):
            continue  # one was completed in the meantime
        _refuse_second(subscriptions.look(account_id).subscription)
        session = same or _open(account, customer_id, plan, sessions.newest)
        if session is not None:
            return session.url
    raise subscriptions.busy()


def _paid_plan(plan_id: str) -> Plan:
    plan = PLANS.get(plan_id)
    if plan is None or not plan.has_usage:
        offered = ", ".join(each.id for each in PLANS.values() if each.has_usage)
        raise Invalid(f"There is no such plan to subscribe to. Choose one of: {offered}.",
                      field="plan")  # fmt: skip
    return plan


def _customer_of(account_id: str) -> str:
    account = payers.read(account_id)
    if account.customer_id is not None:
        return account.customer_id
    person = accounts.read(account_id)
    with subscriptions.another_attempt_if_it_fails(account):
        customer_id = stripe_subscriptions.make_customer(
            account_id, person.name, person.email, account.revision
        )
    # Refused if another request has made one: then that one counts.
    db.update_if(
        BillingAccount(account_id),
        BillingAccount.customer_id.does_not_exist(),
        [BillingAccount.customer_id.set(customer_id)],
    )
    return payers.read(account_id).customer_id or customer_id


def _refuse_second(subscription: Subscription | None) -> None:
    if subscription is None:
        return
    if subscription.status not in subscriptions.PAID_FOR:
        raise subscriptions.unpaid()
    raise Conflict(
        "You have a plan already. Change it on the billing page.", code="already_subscribed"
    )


def _open(
    account: BillingAccount, customer_id: str, plan: Plan, newest: str | None
) -> Session | None:
    """Open a Checkout page. None if another request has opened one, or something was applied."""
    anchor, expires_at = cycle()
    attempt = f"{account.revision}:{newest}"
    offer = Offer(account.account_id, customer_id, plan, anchor, expires_at, attempt)
    with subscriptions.another_attempt_if_it_fails(account):
        session = stripe_subscriptions.open_session(offer)
    return session if subscriptions.note_attempt(account) else None


def cycle() -> tuple[int, int | None]:
    """When the first full month begins, and until when a Checkout page may say so."""
    now = clock.seconds()
    anchor = calendar.month_end(calendar.month_of(now))
    left = anchor - now
    if left < SHORTEST_PAGE + subscriptions.MARGIN:
        raise Conflict(
            "A new month begins within the half hour. Please subscribe then.",
            code="month_ends",
            retry_after=left,
        )
    return anchor, anchor if left < LONGEST_PAGE else None
