"""Subscribing, changing the plan and ending it, by the stand-in's Checkout and portal pages."""

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal

import httpx
import pytest
from chalice.test import Client

from localcloud.testing import CARD, LocalCloud, pay
from ops.stripe_setup.products import articles
from tests.functional.subscribers import (
    DECLINED,
    FAILS_LATER,
    StripeSide,
    Subscriber,
    subscriber,
)
from tests.support import eventually

NUMBERS = itertools.count(5000)
"""GitHub's ids of people whom no other test knows."""


@pytest.fixture
def person(client: Client) -> Subscriber:
    """Somebody new, on the free plan."""
    return subscriber(client, next(NUMBERS))


@pytest.fixture
def stripe_side(cloud: LocalCloud) -> Iterator[StripeSide]:
    side = StripeSide(cloud)
    yield side
    side.works()


def _twice_at_once(action: Callable[[], object]) -> list[object]:
    with ThreadPoolExecutor(2) as pool:
        return [done.result() for done in [pool.submit(action), pool.submit(action)]]


def test_a_person_subscribes_at_checkout_and_has_the_plan(
    person: Subscriber, stripe_side: StripeSide
) -> None:
    from chalicelib.billing import stripe_subscriptions  # noqa: PLC0415  after the settings
    from chalicelib.plans.catalogue import METERS  # noqa: PLC0415  as above

    page = person.checkout("researcher")
    assert person.plan == "free"

    done = pay(page)

    assert done.headers["location"].endswith("/billing?checkout=done")
    person.until_plan("researcher")
    record = stripe_side.record(person.account_id)
    assert record["status"] == "active"
    (found,) = stripe_side.listed("subscriptions", record["customer_id"])
    assert found["metadata"] == {"ramon_account": person.account_id, "ramon_stage": "local"}
    sold = [item["price"]["lookup_key"] for item in found["items"]["data"]]
    assert sold == [article.key for article in articles() if article.key != "ramon_plan_lab"]
    assert stripe_subscriptions.meters_of(found["id"]) == set(METERS)
    [first] = person.invoices
    assert first["status"] == "paid"
    covered = [datetime.fromisoformat(first[end]) for end in ("period_start", "period_end")]
    assert covered[0] < covered[1], "an invoice covers the time that its lines are for"
    assert (covered[1].day, covered[1].hour) == (1, 0)


def test_the_first_full_month_begins_with_the_calendars(
    person: Subscriber, stripe_side: StripeSide
) -> None:
    person.subscribe("researcher")

    ends = time.gmtime(int(stripe_side.record(person.account_id)["period_end"]))

    assert (ends.tm_mday, ends.tm_hour, ends.tm_min, ends.tm_sec) == (1, 0, 0, 0)
    assert Decimal(person.invoices[0]["total_usd"]) <= 29


def test_a_declined_card_buys_nothing_and_another_one_does(person: Subscriber) -> None:
    page = person.checkout("researcher")

    assert pay(page, DECLINED).status_code == 402
    assert person.plan == "free"

    assert pay(page, CARD).status_code == 303
    person.until_plan("researcher")


def test_a_double_click_leads_to_one_page_and_one_subscription(
    person: Subscriber, stripe_side: StripeSide
) -> None:
    pages = {str(page) for page in _twice_at_once(lambda: person.checkout("lab"))}

    assert len(pages) == 1
    paid = _twice_at_once(lambda: pay(*pages).status_code)
    assert 303 in paid
    person.until_plan("lab")
    customer_id = stripe_side.record(person.account_id)["customer_id"]
    assert len(stripe_side.listed("subscriptions", customer_id)) == 1


def test_another_plan_closes_the_page_of_the_first(person: Subscriber) -> None:
    first = person.checkout("researcher")
    second = person.checkout("lab")

    assert pay(first).status_code == 410
    assert pay(second).status_code == 303
    person.until_plan("lab")


def test_who_has_a_plan_cannot_buy_another_one(person: Subscriber) -> None:
    person.subscribe("researcher")

    refused = person.refused("POST", "/billing/checkout", {"plan": "lab"})

    assert refused == (409, "already_subscribed")


@pytest.mark.parametrize("plan", ["free", "unheard-of", ""])
def test_only_plans_with_a_price_are_sold(person: Subscriber, plan: str) -> None:
    assert person.refused("POST", "/billing/checkout", {"plan": plan}) == (422, "invalid")


def test_a_second_subscription_is_ended_and_paid_back(
    person: Subscriber, stripe_side: StripeSide
) -> None:
    from chalicelib.billing import checkout, stripe_subscriptions  # noqa: PLC0415
    from chalicelib.plans import catalogue  # noqa: PLC0415

    first = person.checkout("researcher")
    record = stripe_side.record(person.account_id)
    anchor, expires_at = checkout.cycle()
    offer = stripe_subscriptions.Offer(
        person.account_id, record["customer_id"], catalogue.PLANS["lab"], anchor, expires_at, "2nd"
    )
    second = stripe_subscriptions.open_session(offer).url

    with stripe_side.holding_webhooks():
        assert pay(first).status_code == 303
        assert pay(second).status_code == 303

    def one_is_left() -> bool:
        found = stripe_side.listed("subscriptions", record["customer_id"])
        return sorted(each["status"] for each in found) == ["active", "canceled"]

    eventually(one_is_left, within=90)
    assert person.plan == "researcher"
    notes = stripe_side.listed("credit_notes", record["customer_id"])
    paid = {Decimal(invoice["total_usd"]) for invoice in person.invoices}
    assert len(notes) == 1
    assert Decimal(notes[0]["amount"]) / 100 == max(paid)
    assert person.told("GET", "/billing/upcoming")["total_usd"] == "29.00"


def test_a_change_charges_what_was_shown_before(person: Subscriber) -> None:
    person.subscribe("researcher")
    shown = person.preview("lab")
    assert shown["effective"] == "now"

    told = person.change("lab", shown["proration_at"])

    assert (told["plan"], told["status"], person.plan) == ("lab", "active", "lab")
    newest = person.invoices[0]
    assert (newest["total_usd"], newest["status"]) == (shown["due_today_usd"], "paid")
    total = sum(Decimal(line["amount_usd"]) for line in shown["lines"])
    assert total == Decimal(shown["due_today_usd"])
    assert person.told("GET", "/billing/upcoming")["total_usd"] == shown["next_total_usd"]


def test_a_change_confirmed_twice_at_once_is_charged_once(person: Subscriber) -> None:
    person.subscribe("researcher")
    at = person.preview("lab")["proration_at"]

    _twice_at_once(lambda: person.ask("POST", "/billing/plan", {"plan": "lab", "proration_at": at}))

    assert person.plan == "lab"
    assert len(person.invoices) == 2


def test_a_smaller_plan_gives_credit(person: Subscriber) -> None:
    person.subscribe("lab")
    shown = person.preview("researcher")
    assert Decimal(shown["due_today_usd"]) < 0

    person.change("researcher", shown["proration_at"])

    assert person.plan == "researcher"
    upcoming = person.told("GET", "/billing/upcoming")
    assert Decimal(upcoming["total_usd"]) == 29 + Decimal(shown["due_today_usd"])


def test_a_change_that_the_card_refuses_changes_nothing_and_another_card_pays_it(
    person: Subscriber,
) -> None:
    person.subscribe("researcher", FAILS_LATER)
    at = person.preview("lab")["proration_at"]

    assert person.refused("POST", "/billing/plan", {"plan": "lab", "proration_at": at}) == (
        402,
        "payment_failed",
    )
    assert person.plan == "researcher"

    portal = person.told("POST", "/billing/portal")["url"]
    card = {"action": "card", "number": CARD, "expiry": "12/99", "cvc": "123"}
    assert httpx.post(portal, data=card).status_code == 303
    assert person.change("lab", at)["plan"] == "lab"


def test_a_price_of_hours_ago_is_not_charged(person: Subscriber) -> None:
    person.subscribe("researcher")
    long_ago = int(time.time()) - 2 * 3600

    refused = person.refused("POST", "/billing/plan", {"plan": "lab", "proration_at": long_ago})

    assert refused == (409, "preview_expired")
    assert person.plan == "researcher"


def test_a_plan_is_ended_with_its_period_and_that_is_taken_back(
    person: Subscriber, stripe_side: StripeSide
) -> None:
    person.subscribe("researcher")
    shown = person.preview("free")
    assert (shown["effective"], shown["due_today_usd"]) == ("period_end", "0.00")

    told = person.change("free")

    assert (told["plan"], told["status"]) == ("researcher", "canceling")
    assert told["ends_at"] == shown["effective_at"]

    told = person.change("researcher")

    assert (told["plan"], told["status"], told["ends_at"]) == ("researcher", "active", None)
    assert told["renews_at"] == shown["effective_at"]
    assert "ends_at" not in stripe_side.record(person.account_id)
    assert len(person.invoices) == 1


def test_an_older_look_at_stripe_never_overwrites_a_newer_one(
    person: Subscriber, stripe_side: StripeSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.billing import stripe_subscriptions, subscriptions  # noqa: PLC0415

    person.subscribe("researcher")
    look, looks = stripe_subscriptions.subscriptions_of, []

    def look_while_it_changes(customer_id: str) -> object:
        found = look(customer_id)
        looks.append(found)
        if len(looks) == 1:
            person.change("free")
        return found

    monkeypatch.setattr(stripe_subscriptions, "subscriptions_of", look_while_it_changes)
    with stripe_side.holding_webhooks():
        subscriptions.apply(person.account_id)

        record = stripe_side.record(person.account_id)
        assert record["ends_at"] == record["period_end"]


def test_an_ending_plan_that_is_changed_goes_on(
    person: Subscriber, stripe_side: StripeSide
) -> None:
    person.subscribe("researcher")
    person.change("free")

    person.change("lab")

    assert person.plan == "lab"
    assert "ends_at" not in stripe_side.record(person.account_id)


def test_the_portal_is_there_for_who_pays(person: Subscriber) -> None:
    assert person.refused("POST", "/billing/portal") == (409, "no_customer")
    person.subscribe("researcher")

    page = httpx.get(person.told("POST", "/billing/portal")["url"])

    assert page.status_code == 200
    assert "Researcher" in page.text


def test_what_is_cancelled_in_the_portal_is_known_here(
    person: Subscriber, stripe_side: StripeSide
) -> None:
    person.subscribe("researcher")
    portal = person.told("POST", "/billing/portal")["url"]

    assert httpx.post(portal, data={"action": "cancel"}).status_code == 303

    eventually(lambda: "ends_at" in stripe_side.record(person.account_id), within=90)
    assert person.plan == "researcher"


def test_who_has_no_subscription_is_told_so(person: Subscriber) -> None:
    assert person.refused("GET", "/billing/plan-change?plan=lab") == (409, "no_subscription")
    assert person.refused("GET", "/billing/plan-change?plan=x") == (422, "invalid")
    assert person.refused("POST", "/billing/plan", {"plan": "lab"}) == (409, "no_subscription")
    assert person.refused("GET", "/billing/upcoming") == (409, "no_subscription")
    assert person.invoices == []
    assert person.change("free")["status"] == "free"


def test_invoices_come_a_page_at_a_time(person: Subscriber) -> None:
    person.subscribe("researcher")
    person.change("lab")

    first = person.told("GET", "/billing/invoices?limit=1")
    second = person.told("GET", f"/billing/invoices?limit=1&cursor={first['next_cursor']}")

    assert second["next_cursor"] is None
    assert [*first["items"], *second["items"]] == person.invoices
    assert person.refused("GET", "/billing/invoices?cursor=in_nothing") == (422, "bad_cursor")
    assert person.refused("GET", "/billing/invoices?cursor=..") == (422, "bad_cursor")


def test_a_failure_of_stripes_is_told_and_the_next_try_works(
    person: Subscriber, stripe_side: StripeSide
) -> None:
    # Stripe keeps its answer to a key, a 500 too; the next try must not meet that one again.
    stripe_side.fail("POST /v1/checkout/sessions", "500_before")

    assert person.refused("POST", "/billing/checkout", {"plan": "lab"}) == (502, "upstream")

    person.subscribe("lab")


def test_an_answer_that_is_lost_charges_nothing_twice(
    person: Subscriber, stripe_side: StripeSide
) -> None:
    person.subscribe("researcher")
    stripe_side.fail("POST /v1/subscriptions/{subscription_exposed_id}", "drop_after_commit")

    assert person.change("lab")["plan"] == "lab"
    assert len(person.invoices) == 2
