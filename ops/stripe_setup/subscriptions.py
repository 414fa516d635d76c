"""Subscriptions of before a meter was there: Stripe charges only what a subscription has.

Plans stay at the price at which they were bought; a meter that a subscription doesn't have at all
is added, at its present price.
"""

from collections.abc import Iterator

import stripe

from chalicelib.billing.stripe_names import lookup_key
from chalicelib.plans.catalogue import METERS
from ops.stripe_setup.steps import Steps

_LIVE = ("active", "trialing", "past_due", "unpaid", "paused")


def ensure(client: stripe.StripeClient, steps: Steps, stage: str) -> None:
    """See to it that every subscription of a stage has all meters. Raises Stripe's errors."""
    prices = _prices(client)
    for subscription in _live_of(client, stage):
        has = {str(item.price.product) for item in subscription["items"].data}
        lacking = [key for key in prices if key not in has]
        if lacking:
            _add(client, steps, subscription.id, {key: prices[key] for key in lacking})


def _prices(client: stripe.StripeClient) -> dict[str, str]:
    """Stripe's ids of the meters' prices by lookup keys; in a dry run some are still to come."""
    keys = [lookup_key(meter) for meter in METERS.values()]
    found = client.v1.prices.list({"lookup_keys": keys, "active": True, "limit": 100}).data
    ids = {price.lookup_key: price.id for price in found}
    return {key: ids.get(key, "") for key in keys}


def _live_of(client: stripe.StripeClient, stage: str) -> Iterator[stripe.Subscription]:
    found = client.v1.subscriptions.list({"limit": 100})
    return (
        each
        for each in found.auto_paging_iter()
        if each.status in _LIVE and each.metadata.to_dict().get("ramon_stage") == stage
    )


def _add(
    client: stripe.StripeClient, steps: Steps, subscription_id: str, prices: dict[str, str]
) -> None:
    steps.do(
        f"add to the subscription {subscription_id}, which is of before them: {', '.join(prices)}",
        lambda: client.v1.subscriptions.update(
            subscription_id,
            {"items": [{"price": id_} for id_ in prices.values()], "proration_behavior": "none"},
        ),
    )
