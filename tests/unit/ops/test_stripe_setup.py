"""Setting Stripe up, at the stand-in: once, again, and after a change of the catalogue."""

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import stripe

from chalicelib.billing.stripe_events import METER_EVENTS, SUBSCRIPTION_EVENTS
from chalicelib.billing.stripe_names import lookup_key
from chalicelib.plans import catalogue
from localcloud.testing import LocalCloud, pay
from ops.deploy.settings import Stripe, load
from ops.stripe_setup import NotSetUp, Target, set_up
from ops.stripe_setup.keys import Keys, Vault
from ops.stripe_setup.products import articles
from ops.stripe_setup.setup import connected


@pytest.fixture
def target(aws: LocalCloud, request: pytest.FixtureRequest) -> Target:
    """A stage of its own for each test; the products are everybody's."""
    secrets = aws.client("secretsmanager")
    name = request.node.name[5:35]
    arn = secrets.create_secret(Name=name)["ARN"]
    return Target(name, load("local", port=aws.port, environment={}), Vault(secrets, arn))


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def client(target: Target) -> Iterator[stripe.StripeClient]:
    with connected("sk_test_local", target.stage.stripe.api_base) as made:
        yield made


def _price(client: stripe.StripeClient, key: str) -> stripe.Price:
    (price,) = client.v1.prices.list({"lookup_keys": [key]}).data
    return price


def _changed(target: Target, **settings: Any) -> Target:
    stage = msgspec.structs.replace(target.stage, **settings)
    return Target(target.name, stage, target.vault)


def test_a_second_run_changes_nothing(target: Target, said: list[str]) -> None:
    assert set_up(target, said.append) > 0
    keys = target.vault.read()
    said.clear()

    assert set_up(target, said.append) == 0

    assert said == []
    assert target.vault.read() == keys


def test_everything_of_the_catalogue_is_sold_at_its_price(
    target: Target, client: stripe.StripeClient, said: list[str]
) -> None:
    set_up(target, said.append)

    keys = [article.key for article in articles()]
    prices = client.v1.prices.list({"lookup_keys": keys, "limit": 100}).data

    assert {price.lookup_key: price.unit_amount_decimal for price in prices} == {
        article.key: article.price_usd * 100 for article in articles()
    }
    assert all(price.product == price.lookup_key for price in prices)
    metered = {price.lookup_key for price in prices if price.recurring and price.recurring.meter}
    assert metered == {lookup_key(meter) for meter in catalogue.METERS.values()}


def test_both_kinds_of_webhooks_are_told_where_to_go_and_their_secrets_are_kept(
    target: Target, client: stripe.StripeClient, said: list[str]
) -> None:
    set_up(target, said.append)

    keys = target.vault.read()
    endpoint = client.v1.webhook_endpoints.retrieve(keys.webhook_endpoint)
    destination = client.v2.core.event_destinations.retrieve(keys.event_destination)
    assert endpoint.url == target.webhook_url
    assert set(endpoint.enabled_events) == set(SUBSCRIPTION_EVENTS)
    assert set(destination.enabled_events) == set(METER_EVENTS)
    assert keys.api_key == "sk_test_local"
    assert keys.webhook_secret.startswith("whsec_")
    assert keys.thin_webhook_secret.startswith("whsec_")
    assert keys.webhook_secret != keys.thin_webhook_secret


def test_a_dry_run_says_what_it_would_do_and_does_nothing(
    target: Target, client: stripe.StripeClient, said: list[str]
) -> None:
    assert set_up(target, said.append, dry_run=True) > 0

    assert all(line.startswith("would ") for line in said)
    assert target.vault.read() == Keys()
    listed = client.v1.webhook_endpoints.list({"limit": 100}).data
    assert target.name not in json.dumps([each.to_dict() for each in listed], default=str)


def test_a_changed_amount_is_a_new_price_and_the_old_one_stays(
    target: Target, client: stripe.StripeClient, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(target, said.append)
    before = _price(client, "ramon_plan_lab")
    dearer = replace(catalogue.PLANS["lab"], price_usd_month=Decimal("109.50"))
    monkeypatch.setitem(catalogue.PLANS, "lab", dearer)

    assert set_up(target, said.append) == 1

    after = _price(client, "ramon_plan_lab")
    old = client.v1.prices.retrieve(before.id)
    assert (after.unit_amount, old.unit_amount) == (10950, before.unit_amount)
    assert (old.active, old.lookup_key) == (True, None)
    monkeypatch.undo()
    set_up(target, said.append)


def _subscribed(client: stripe.StripeClient, stage: str, keys: list[str]) -> str:
    """The id of a subscription to these, of this stage."""
    customer = client.v1.customers.create({"name": "Ada"})
    prices = [_price(client, key) for key in keys]
    session = client.v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "customer": customer.id,
            "line_items": [
                {"price": price.id}
                if price.recurring and price.recurring.meter
                else {"price": price.id, "quantity": 1}
                for price in prices
            ],
            "success_url": "http://127.0.0.1:1/",
            "subscription_data": {
                "billing_mode": {"type": "flexible"},
                "metadata": {"ramon_stage": stage},
            },
        }
    )
    assert pay(session.url or "").status_code == 303
    (made,) = client.v1.subscriptions.list({"customer": customer.id}).data
    return made.id


def _sold(client: stripe.StripeClient, subscription_id: str) -> list[str]:
    items = client.v1.subscriptions.retrieve(subscription_id)["items"].data
    return [str(item.price.product) for item in items]


def test_a_subscription_of_before_a_meter_gets_it(
    target: Target, client: stripe.StripeClient, said: list[str]
) -> None:
    set_up(target, said.append)
    first, *others = [lookup_key(meter) for meter in catalogue.METERS.values()]
    before = ["ramon_plan_lab", first]
    ours = _subscribed(client, target.name, before)
    theirs = _subscribed(client, "another", before)
    said.clear()

    assert set_up(target, said.append, dry_run=True) == 1
    assert _sold(client, ours) == before
    assert set_up(target, said.append) == 1
    assert set_up(target, said.append) == 0

    assert _sold(client, ours) == [*before, *others]
    assert _sold(client, theirs) == before
    assert [line for line in said if ours in line and others[0] in line] == said


def test_an_endpoint_whose_secret_was_lost_is_made_anew(
    target: Target, client: stripe.StripeClient, said: list[str]
) -> None:
    set_up(target, said.append)
    lost = target.vault.read()
    target.vault.write(Keys(api_key=lost.api_key))

    set_up(target, said.append)

    found = target.vault.read()
    assert found.webhook_endpoint != lost.webhook_endpoint
    assert found.event_destination != lost.event_destination
    listed = client.v1.webhook_endpoints.list({"limit": 100}).data
    ours = [each for each in listed if each.metadata.to_dict()["ramon_stage"] == target.name]
    assert [each.id for each in ours] == [found.webhook_endpoint]


def test_webhooks_follow_a_stage_that_moves(
    target: Target, client: stripe.StripeClient, said: list[str]
) -> None:
    set_up(target, said.append)
    before = target.vault.read()
    moved = _changed(target, api_url="http://127.0.0.1:1/api")

    set_up(moved, said.append)

    keys = target.vault.read()
    assert keys.webhook_endpoint == before.webhook_endpoint
    endpoint = client.v1.webhook_endpoints.retrieve(keys.webhook_endpoint)
    assert endpoint.url == "http://127.0.0.1:1/api/webhooks/stripe"
    assert set_up(moved, said.append) == 0


def test_without_a_key_it_says_how_to_give_one(target: Target, said: list[str]) -> None:
    keyless = _changed(target, stripe=Stripe(api_base=target.stage.stripe.api_base))

    with pytest.raises(NotSetUp, match="STRIPE_API_KEY=sk_"):
        set_up(keyless, said.append)


def test_a_key_that_stripe_does_not_know_is_told(target: Target, said: list[str]) -> None:
    wrong = Stripe(api_base=target.stage.stripe.api_base, api_key="sk_test_wrong")

    with pytest.raises(NotSetUp, match="Invalid API Key"):
        set_up(_changed(target, stripe=wrong), said.append)


def test_on_ones_own_machine_the_real_stripe_is_to_be_listened_to(target: Target) -> None:
    real = Target("local", msgspec.structs.replace(target.stage, stripe=Stripe()), target.vault)

    assert not real.can_be_told
    assert target.can_be_told
