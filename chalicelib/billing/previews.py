"""What a change of plan would cost, and what the next invoice says, before either happens."""

from dataclasses import dataclass
from decimal import Decimal

from chalicelib.billing import stripe_invoices, subscriptions
from chalicelib.billing.stripe_invoices import Line, Preview
from chalicelib.billing.stripe_subscriptions import Subscription
from chalicelib.billing.vocabulary import Effective
from chalicelib.core import calendar, clock
from chalicelib.metering import hours, uses
from chalicelib.plans.catalogue import FREE, METERS, Plan


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What a change costs. Money in dollars (negative is credit), times in seconds since 1970 UTC.

    `proration_at` is what to change with (`subscriptions.change`), so that what is charged is what
    was shown.
    """

    plan: Plan
    effective: Effective
    effective_at: int
    due_today: Decimal
    lines: list[Line]
    next_total: Decimal
    next_at: int
    proration_at: int


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The next invoice as Stripe has it, and the usage that Stripe hasn't got yet."""

    lines: list[Line]
    total: Decimal
    at: int
    unsent: Decimal


def of_change(account_id: str, plan_id: str) -> PlanChange:
    """What a change to a plan would cost, and when. Raises `Conflict` (`no_subscription`)."""
    plan = subscriptions.known_plan(plan_id)
    subscription = subscriptions.subscription_of(account_id)
    now = clock.seconds()
    today, after = _invoices(subscription, plan, now)
    is_end = plan.id == FREE
    return PlanChange(
        plan=plan,
        effective=Effective.PERIOD_END if is_end else Effective.NOW,
        effective_at=subscription.period_end if is_end else now,
        due_today=today.due,
        lines=today.lines,
        next_total=after.due,
        next_at=subscription.period_end,
        proration_at=now,
    )


def _invoices(subscription: Subscription, plan: Plan, now: int) -> tuple[Preview, Preview]:
    """The invoice that a change makes at once, and the one at the period's end."""
    nothing = Preview([], Decimal(0))
    if plan.id == FREE:
        return nothing, stripe_invoices.preview_end(subscription)
    after = stripe_invoices.preview_renewal(subscription, plan)
    if plan.id == subscription.plan:
        return nothing, after
    return stripe_invoices.preview_change(subscription, plan, now), after


def upcoming(account_id: str) -> Upcoming:
    """The next invoice. Raises `Conflict` (`no_subscription`) on an account that gets none."""
    subscription = subscriptions.subscription_of(account_id)
    preview = stripe_invoices.preview_next(subscription)
    return Upcoming(preview.lines, preview.due, subscription.period_end, unsent(account_id))


def unsent(account_id: str) -> Decimal:
    """What was used this month and hasn't arrived at Stripe, in dollars."""
    now = clock.seconds()
    month = calendar.month_of(now)
    recorded = sum(
        (
            row.amount
            for meter in METERS
            for row in hours.of_month(account_id, meter, month)
            if row.state in hours.UNDER_WAY
        ),
        Decimal(0),
    )
    since = calendar.month_start(month)
    running = uses.open_of_payer(account_id)
    return recorded + sum((uses.accrued(use, now, since) for use in running), Decimal(0))
