"""A month in the life of a subscription, by the stand-in's clock."""

from collections.abc import Iterator
from contextlib import closing

import pytest
import stripe

from localcloud.testing import LocalCloud, running, start
from tests.unit.localcloud.shop import FAILS_LATER, GOOD, Shop, inbox, next_month
from tests.unit.localcloud.waiting import eventually

DAY = 86400


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A cloud whose clock may be moved: each test goes on from where it stands, in its own shop."""
    with running(tmp_path_factory.mktemp("clock")) as started:
        yield started


@pytest.fixture
def shop(cloud: LocalCloud) -> Iterator[Shop]:
    with closing(Shop(cloud)) as shop:
        yield shop


def test_a_month_from_the_checkout_to_the_paid_bill(shop: Shop) -> None:
    with inbox(shop) as box:
        customer, subscription = shop.subscriber()
        first = shop.invoices(customer.id)[0]
        month_end = next_month(shop.now())
        assert subscription.status == "active"
        assert shop.plan_item(subscription).current_period_end == month_end
        assert (first.status, first.billing_reason) == ("paid", "subscription_create")
        assert 0 <= first.total <= 2900

        shop.use(customer.id, "hour-1", 1_000_000)
        shop.use(customer.id, "hour-2", 1_357)
        eventually(lambda: shop.used(customer.id) == 1_001_357)

        shop.advance_to(month_end + 60)
        draft = shop.invoices(customer.id)[0]
        assert (draft.status, draft.billing_reason) == ("draft", "subscription_cycle")
        assert draft.automatically_finalizes_at == month_end + 3600
        shop.use(customer.id, "late", 1_000, timestamp=month_end - 30)
        shop.use(customer.id, "next-month", 5_000, timestamp=month_end + 30)
        eventually(lambda: shop.invoices(customer.id)[0].total == 2900 + 1403)

        shop.advance(3600)
        bill = shop.invoices(customer.id)[0]
        assert (bill.id, bill.status, bill.amount_paid) == (draft.id, "paid", 4303)
        assert {(line.amount, line.quantity) for line in bill.lines.data} == {
            (2900, 1),
            (1403, 1_002_357),  # 1403.2998 cents
        }
        assert bill.status_transitions.paid_at == month_end + 3600
        renewed = shop.api.subscriptions.retrieve(subscription.id)
        assert shop.plan_item(renewed).current_period_start == month_end
    told = box.types(customer.id)
    assert told.count("checkout.session.completed") == 1
    assert told.count("customer.subscription.created") == 1
    assert told.count("invoice.paid") == 2


def test_a_renewal_that_fails_is_tried_again_until_another_card_pays(shop: Shop) -> None:
    customer, subscription = shop.subscriber(FAILS_LATER)
    month_end = next_month(shop.now())
    shop.advance_to(month_end + 2 * 3600)
    bill = shop.invoices(customer.id)[0]
    assert (bill.status, bill.attempt_count) == ("open", 1)
    assert bill.next_payment_attempt == month_end + 3600 + 3 * DAY
    assert shop.api.subscriptions.retrieve(subscription.id).status == "past_due"

    portal = shop.api.billing_portal.sessions.create(
        {"customer": customer.id, "return_url": f"{shop.origin}/back"}
    )
    assert shop.pay(portal.url, GOOD, action="card").status_code == 303
    shop.advance(3 * DAY)
    assert shop.api.invoices.retrieve(bill.id).status == "paid"
    assert shop.api.subscriptions.retrieve(subscription.id).status == "active"


def test_a_subscription_whose_bill_nobody_pays_becomes_unpaid(shop: Shop) -> None:
    customer, subscription = shop.subscriber(FAILS_LATER)
    shop.advance_to(next_month(shop.now()) + 17 * DAY)
    bill = shop.invoices(customer.id)[0]
    assert (bill.status, bill.attempt_count, bill.next_payment_attempt) == ("open", 4, None)
    assert shop.api.subscriptions.retrieve(subscription.id).status == "unpaid"
    assert shop.pay(bill.hosted_invoice_url).status_code == 303
    assert shop.api.subscriptions.retrieve(subscription.id).status == "active"


def test_a_canceled_subscription_ends_with_the_period_and_its_usage_is_billed(shop: Shop) -> None:
    customer, subscription = shop.subscriber()
    shop.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    shop.use(customer.id, "last", 500_000)
    shop.advance_to(next_month(shop.now()) + 2 * 3600)
    ended = shop.api.subscriptions.retrieve(subscription.id)
    assert (ended.status, ended.ended_at) == ("canceled", next_month(shop.now() - 3 * 3600))
    bill = shop.invoices(customer.id)[0]
    assert (bill.status, bill.total) == ("paid", 700)
    with pytest.raises(stripe.InvalidRequestError, match="canceled"):
        shop.api.subscriptions.update(subscription.id, {"cancel_at_period_end": False})


def test_what_is_known_survives_a_kill(tmp_path_factory: pytest.TempPathFactory) -> None:
    state = tmp_path_factory.mktemp("kill")
    cloud = start(state)
    with closing(Shop(cloud)) as shop:
        customer, subscription = shop.subscriber()
        shop.advance(DAY)
        shop.use(customer.id, "before", 10)
        now = shop.now()
        cloud.kill()
        with running(state, port=cloud.port):
            assert shop.now() >= now
            assert shop.api.subscriptions.retrieve(subscription.id).status == "active"
            eventually(lambda: shop.used(customer.id) == 10)
            with pytest.raises(stripe.InvalidRequestError, match="already exists"):
                shop.use(customer.id, "before", 10)


def test_what_was_not_delivered_is_delivered_after_a_kill(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    state = tmp_path_factory.mktemp("undelivered")
    cloud = start(state)
    try:
        with closing(Shop(cloud)) as shop, inbox(shop, "customer.created") as box:
            held = shop.browser.post(f"{shop.base}/_stand_in/deliveries", json={"hold": True})
            assert held.json()["held"]
            customer = shop.customer()
            cloud.kill()
            cloud = start(state, port=cloud.port)
            eventually(lambda: box.types(customer.id) == ["customer.created"])
    finally:
        cloud.kill()


def test_a_draft_can_wait_longer_before_it_is_final(shop: Shop) -> None:
    customer, _ = shop.subscriber()
    month_end = next_month(shop.now())
    shop.advance_to(month_end + 600)
    draft = shop.invoices(customer.id)[0]
    later = month_end + 20 * 3600
    shop.api.invoices.update(draft.id, {"automatically_finalizes_at": later})
    shop.advance(5 * 3600)
    assert shop.api.invoices.retrieve(draft.id).status == "draft"
    shop.use(customer.id, "very late", 1_000_000, timestamp=month_end - 1)
    shop.advance_to(later + 60)
    assert shop.api.invoices.retrieve(draft.id).amount_paid == 2900 + 1400


def test_less_than_can_be_charged_is_carried_over(shop: Shop) -> None:
    customer, subscription = shop.subscriber()
    shop.use(customer.id, "a little", 10_000)
    shop.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    shop.advance_to(next_month(shop.now()) + 2 * 3600)
    last = shop.invoices(customer.id)[0]
    assert (last.total, last.status, last.amount_due, last.amount_paid) == (14, "paid", 0, 0)
    assert shop.api.customers.retrieve(customer.id).balance == 14


def test_nobody_is_charged_for_new_months_while_the_old_one_is_unpaid(shop: Shop) -> None:
    customer, subscription = shop.subscriber(FAILS_LATER)
    shop.advance(70 * DAY)
    drafts = shop.api.invoices.list({"customer": customer.id, "status": "draft"}).data
    assert drafts
    assert not any(each.auto_advance for each in drafts)
    assert len(shop.api.invoices.list({"customer": customer.id, "status": "open"}).data) == 1
    assert shop.api.subscriptions.retrieve(subscription.id).status == "unpaid"


def test_a_checkout_that_nobody_finishes_expires(shop: Shop) -> None:
    with inbox(shop, "checkout.session.expired") as box:
        session = shop.checkout(shop.customer().id)
        shop.advance(DAY + 60)
        assert box.types(session.id) == ["checkout.session.expired"]
    assert shop.browser.get(session.url).status_code == 410


def test_an_identifier_is_known_for_a_day(shop: Shop) -> None:
    customer = shop.customer().id
    shop.use(customer, "again", 1)
    shop.advance(DAY - 600)
    with pytest.raises(stripe.InvalidRequestError):
        shop.use(customer, "again", 1)
    shop.advance(700)
    shop.use(customer, "again", 1)
