"""Products, meters and prices, as the catalogue has them.

A product has the id that is its price's lookup key. A price at Stripe never changes its amount: a
new one takes over the lookup key, and the old one stays for who has subscribed at it.
"""

from dataclasses import dataclass
from decimal import Decimal

import stripe

from chalicelib.billing.stripe_names import event_name, lookup_key
from chalicelib.plans.catalogue import METERS, PLANS, Meter
from ops.stripe_setup.steps import Steps

_CENTS = 100


class Different(Exception):
    """Something at Stripe that can't be changed is not as it must be; the message says what."""


@dataclass(frozen=True)
class Article:
    """Something that has a product and a price. `meter` is None for what is bought, not counted."""

    key: str
    name: str
    noted: dict[str, str]
    price_usd: Decimal
    meter: Meter | None = None


def articles() -> list[Article]:
    """Everything that is sold."""
    plans = [
        Article(
            lookup_key(plan), f"{plan.name} plan", {"ramon_plan": plan.id}, plan.price_usd_month
        )
        for plan in PLANS.values()
        if plan.has_usage
    ]
    meters = [
        Article(
            lookup_key(meter), f"{meter.name} beyond the plan", {"ramon_meter": meter.id},
            meter.price_usd, meter,
        )
        for meter in METERS.values()
    ]  # fmt: skip
    return plans + meters


def ensure(client: stripe.StripeClient, steps: Steps) -> None:
    """See to it that all of it is at Stripe. Raises `Different`, and Stripe's errors."""
    meter_ids = _ensure_meters(client, steps)
    wanted = articles()
    keys = [article.key for article in wanted]
    products = {each.id: each for each in client.v1.products.list({"ids": keys, "limit": 100}).data}
    found = client.v1.prices.list({"lookup_keys": keys, "limit": 100}).data
    prices = {each.lookup_key: each for each in found}
    for article in wanted:
        _ensure_product(client, steps, article, products.get(article.key))
        meter_id = meter_ids.get(event_name(article.meter)) if article.meter else None
        _ensure_price(client, steps, article, prices.get(article.key), meter_id)


def _ensure_meters(client: stripe.StripeClient, steps: Steps) -> dict[str, str]:
    """Stripe's ids of the meters, by event name."""
    known = {each.event_name: each for each in client.v1.billing.meters.list({"limit": 100}).data}
    return {
        event_name(meter): _ensure_meter(client, steps, meter, known.get(event_name(meter)))
        for meter in METERS.values()
    }


def _ensure_meter(
    client: stripe.StripeClient, steps: Steps, meter: Meter, known: stripe.billing.Meter | None
) -> str:
    if known is None:
        made = steps.do(f"make the meter {event_name(meter)}", lambda: _make_meter(client, meter))
        return made.id if made else ""
    if known.default_aggregation.formula != "sum" or known.event_time_window:
        raise Different(
            f"The meter {event_name(meter)} at Stripe does not add up what it is told, and meters "
            "can't be changed. Use another Stripe account or sandbox."
        )
    if known.status == "inactive":
        what = f"count by the meter {event_name(meter)} again"
        steps.do(what, lambda: client.v1.billing.meters.reactivate(known.id))
    return known.id


def _make_meter(client: stripe.StripeClient, meter: Meter) -> stripe.billing.Meter:
    return client.v1.billing.meters.create(
        {
            "display_name": f"{meter.name} ({meter.unit})",
            "event_name": event_name(meter),
            "default_aggregation": {"formula": "sum"},
            "customer_mapping": {"type": "by_id", "event_payload_key": "stripe_customer_id"},
            "value_settings": {"event_payload_key": "value"},
        }
    )


def _ensure_product(
    client: stripe.StripeClient, steps: Steps, article: Article, known: stripe.Product | None
) -> None:
    if known is None:
        steps.do(f"make the product {article.key}", lambda: _make_product(client, article))
    elif not _is_product_of(article, known):
        steps.do(
            f"change the product {article.key}",
            lambda: client.v1.products.update(
                article.key, {"name": article.name, "active": True, "metadata": article.noted}
            ),
        )


def _is_product_of(article: Article, known: stripe.Product) -> bool:
    noted = {**known.metadata.to_dict(), **article.noted}
    return known.active and known.name == article.name and known.metadata.to_dict() == noted


def _make_product(client: stripe.StripeClient, article: Article) -> stripe.Product:
    params: stripe.params.ProductCreateParams = {
        "id": article.key,
        "name": article.name,
        "metadata": article.noted,
    }
    if article.meter is not None:
        params["unit_label"] = article.meter.unit
    return client.v1.products.create(params)


def _ensure_price(
    client: stripe.StripeClient,
    steps: Steps,
    article: Article,
    known: stripe.Price | None,
    meter_id: str | None,
) -> None:
    amount = f"${article.price_usd.normalize():f}"
    if known is None:
        what = f"make the price {article.key}: {amount}"
        steps.do(what, lambda: _make_price(client, article, meter_id))
    elif not _is_price_of(article, known, meter_id):
        what = f"replace the price {article.key}, for new subscriptions: {amount}"
        steps.do(what, lambda: _make_price(client, article, meter_id))
    elif not known.active:
        what = f"sell at the price {article.key} again"
        steps.do(what, lambda: client.v1.prices.update(known.id, {"active": True}))


def _is_price_of(article: Article, known: stripe.Price, meter_id: str | None) -> bool:
    recurring = known.recurring
    return (
        known.currency == "usd"
        and known.unit_amount_decimal == article.price_usd * _CENTS
        and known.product == article.key
        and recurring is not None
        and (recurring.interval, recurring.interval_count) == ("month", 1)
        and recurring.meter == meter_id
    )


def _make_price(
    client: stripe.StripeClient, article: Article, meter_id: str | None
) -> stripe.Price:
    recurring: stripe.params.PriceCreateParamsRecurring = {"interval": "month"}
    if meter_id is not None:
        recurring = {"interval": "month", "usage_type": "metered", "meter": meter_id}
    return client.v1.prices.create(
        {
            "product": article.key,
            "currency": "usd",
            "unit_amount_decimal": article.price_usd * _CENTS,
            "recurring": recurring,
            "lookup_key": article.key,
            "transfer_lookup_key": True,
            "metadata": article.noted,
        }
    )
