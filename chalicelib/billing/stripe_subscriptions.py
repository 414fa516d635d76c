"""Stripe's customers, Checkout, portal and subscriptions; see `stripe_gateway.py`.

A customer has one subscription, with an item for the plan and one for each meter. Products have the
ids that are their prices' lookup keys (`ops/stripe_setup`), so that an item says what it is of, at
whatever price it was once sold.
"""

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib.billing.stripe_gateway import Refused, client, idempotency_key, told
from chalicelib.billing.stripe_names import lookup_key
from chalicelib.core import clock, config
from chalicelib.plans.catalogue import METERS, PLANS, Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    import stripe

PLAN_OF_PRODUCT = {lookup_key(plan): plan.id for plan in PLANS.values()}
METER_OF_PRODUCT = {lookup_key(meter): meter.id for meter in METERS.values()}
_PRICES_SECONDS = 300
"""How long a process may sell at a price that has been replaced."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as it is at Stripe. Times in seconds since 1970-01-01 UTC.

    `plan` is None if it is of something that we don't sell; `plan_item` is the item that says so.
    `ends_at` is None while it renews.
    """

    id: str
    status: str
    plan: str | None
    plan_item: str | None
    period_start: int
    period_end: int
    ends_at: int | None


@dataclass(frozen=True, slots=True)
class Session:
    """A Checkout page that waits for its customer."""

    id: str
    plan: str | None
    url: str


@dataclass(frozen=True, slots=True)
class Sessions:
    """The Checkout pages of a customer that may still be completed, and the newest of all."""

    open: list[Session]
    newest: str | None


def metadata(account_id: str, plan: str | None = None) -> dict[str, str]:
    """What is noted on every object of ours, so that its events find back to the account."""
    noted = {"ramon_account": account_id, "ramon_stage": config.stage()}
    return noted if plan is None else {**noted, "ramon_plan": plan}


def make_customer(account_id: str, name: str, email: str | None, attempt: int) -> str:
    """Make a customer, once an `attempt`. Gives its id."""
    params: stripe.params.CustomerCreateParams = {"name": name, "metadata": metadata(account_id)}
    if email:
        params["email"] = email
    key = idempotency_key("customer", account_id, name, email, attempt)
    with told():
        return client().v1.customers.create(params, {"idempotency_key": key}).id


def sessions_of(customer_id: str) -> Sessions:
    """The customer's Checkout pages."""
    with told():
        found = client().v1.checkout.sessions.list({"customer": customer_id, "limit": 20}).data
    return Sessions(
        [_session(each) for each in found if each.status == "open"],
        found[0].id if found else None,
    )


def _session(session: "stripe.checkout.Session") -> Session:
    noted = session.metadata.to_dict() if session.metadata else {}
    return Session(session.id, noted.get("ramon_plan"), session.url or "")


def expire_session(session_id: str) -> bool:
    """See to it that a Checkout page can't be completed. False if it has been, or has expired."""
    try:
        with told():
            client().v1.checkout.sessions.expire(session_id)
    except Refused:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Offer:
    """What a Checkout page sells: a plan whose full months begin at `anchor`.

    The page can be completed until `expires_at`, or for a day. Asked again for the same offer,
    with the same `attempt`, Stripe gives the same page.
    """

    account_id: str
    customer_id: str
    plan: Plan
    anchor: int
    expires_at: int | None
    attempt: str


def open_session(offer: Offer) -> Session:
    """Open a Checkout page for an offer."""
    origin, prices = config.settings().app_origin, _price_ids()
    items: list[stripe.params.checkout.SessionCreateParamsLineItem] = [
        {"price": prices[lookup_key(offer.plan)], "quantity": 1}
    ]
    items += [{"price": prices[lookup_key(meter)]} for meter in METERS.values()]
    params: stripe.params.checkout.SessionCreateParams = {
        "mode": "subscription",
        "customer": offer.customer_id,
        "line_items": items,
        "success_url": f"{origin}/billing?checkout=done",
        "cancel_url": f"{origin}/billing?checkout=canceled",
        "metadata": metadata(offer.account_id, offer.plan.id),
        "subscription_data": {
            "billing_cycle_anchor": offer.anchor,
            "billing_mode": {"type": "flexible"},
            "proration_behavior": "create_prorations",
            "metadata": metadata(offer.account_id),
        },
    }
    if offer.expires_at is not None:
        params["expires_at"] = offer.expires_at
    key = idempotency_key("checkout", offer, sorted(prices.items()))
    with told():
        return _session(client().v1.checkout.sessions.create(params, {"idempotency_key": key}))


def _price_ids() -> "Mapping[str, str]":
    """Stripe's ids of the prices at which is sold now, by their lookup keys."""
    return _price_ids_at(clock.seconds() // _PRICES_SECONDS)


@lru_cache(maxsize=1)
def _price_ids_at(_age: int) -> "Mapping[str, str]":
    keys = [lookup_key(plan) for plan in PLANS.values() if plan.has_usage]
    keys += METER_OF_PRODUCT
    with told():
        found = client().v1.prices.list({"lookup_keys": keys, "active": True, "limit": 100}).data
    prices = {price.lookup_key: price.id for price in found if price.lookup_key}
    missing = sorted(set(keys) - prices.keys())
    if missing:
        raise LookupError(f"Stripe has no price {', '.join(missing)}: run ops.stripe_setup")
    return prices


def price_id(plan: Plan) -> str:
    """Stripe's id of the price at which a plan is sold now."""
    return _price_ids()[lookup_key(plan)]


def portal_url(customer_id: str) -> str:
    """Where a customer changes cards and finds receipts; good for some minutes."""
    return_url = f"{config.settings().app_origin}/billing"
    with told():
        session = client().v1.billing_portal.sessions.create(
            {"customer": customer_id, "return_url": return_url}
        )
    return session.url


def subscriptions_of(customer_id: str) -> list[Subscription]:
    """All subscriptions that a customer ever had, oldest first."""
    with told():
        found = client().v1.subscriptions.list(
            {"customer": customer_id, "status": "all", "limit": 100}
        )
        # Stripe lists the newest first, also within a second.
        return [_subscription(each) for each in found.auto_paging_iter()][::-1]


def _subscription(found: "stripe.Subscription") -> Subscription:
    items = found["items"].data  # `items` is also a method of Stripe's objects
    plan_item = next((item for item in items if str(item.price.product) in PLAN_OF_PRODUCT), None)
    any_item = plan_item or items[0]
    period_end = any_item.current_period_end
    return Subscription(
        id=found.id,
        status=found.status,
        plan=PLAN_OF_PRODUCT[str(plan_item.price.product)] if plan_item else None,
        plan_item=plan_item.id if plan_item else None,
        period_start=any_item.current_period_start,
        period_end=period_end,
        ends_at=period_end if found.cancel_at_period_end else found.cancel_at,
    )


def meters_of(subscription_id: str) -> set[str]:
    """The meters that a subscription has a price for; Stripe charges nobody for the others."""
    with told():
        found = client().v1.subscriptions.retrieve(subscription_id)
    products = (str(item.price.product) for item in found["items"].data)
    return {METER_OF_PRODUCT[each] for each in products if each in METER_OF_PRODUCT}


def change_plan(subscription: Subscription, plan: Plan, at: int | None, attempt: int) -> None:
    """Move a subscription to a plan, as of `at`, and charge the difference now.

    If that can't be paid nothing changes, and `PaymentRequired` is raised. A cancellation that was
    asked for is taken back.
    """
    params: stripe.params.SubscriptionUpdateParams = {
        "items": [{"id": subscription.plan_item or "", "price": price_id(plan)}],
        "proration_behavior": "always_invoice",
        "payment_behavior": "error_if_incomplete",
    }
    if subscription.ends_at is not None:
        params["cancel_at_period_end"] = False
    if at is not None:
        params["proration_date"] = at
    key = idempotency_key("change", subscription, lookup_key(plan), price_id(plan), at, attempt)
    with told():
        client().v1.subscriptions.update(subscription.id, params, {"idempotency_key": key})


def end_with_period(subscription: Subscription, *, ends: bool) -> None:
    """Let a subscription end with its period, or take that back."""
    with told():
        client().v1.subscriptions.update(subscription.id, {"cancel_at_period_end": ends})


def cancel_now(subscription_id: str) -> None:
    """End a subscription at once, without another invoice; one that has ended stays so."""
    with suppress(Refused), told():
        client().v1.subscriptions.cancel(subscription_id, {"invoice_now": False, "prorate": False})
