"""The stand-in for Stripe as its SDK sees it."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import stripe

from localcloud.testing import LocalCloud
from tests.stripe_checker import unlike_stripe
from tests.unit.localcloud.shop import Shop, next_month
from tests.unit.localcloud.waiting import eventually

DAY = 86400


@pytest.fixture(scope="module")
def shop(cloud: LocalCloud) -> Iterator[Shop]:
    with closing(Shop(cloud)) as shop:
        yield shop


def refused(call: Any, *arguments: Any) -> Any:
    with pytest.raises(stripe.StripeError) as caught:
        call(*arguments)
    return caught.value


def test_a_wrong_key_is_refused(shop: Shop) -> None:
    for headers in ({}, {"Authorization": "Bearer sk_test_other"}):
        answer = httpx.get(f"{shop.base}/v1/customers", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert answer.headers["request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"nickname": "x"}, "parameter_unknown", "nickname"),
        ({"address": {"planet": "x"}}, "parameter_unknown", "address[planet]"),
        ({"balance": "much"}, "parameter_invalid_integer", "balance"),
        ({"name": "x" * 257}, "parameter_invalid_string_too_long", "name"),
    ],
)
def test_wrong_parameters_are_refused_in_stripes_words(
    shop: Shop, params: dict[str, Any], code: str, param: str
) -> None:
    error = refused(shop.api.customers.create, params)
    assert (error.http_status, error.code, getattr(error, "param", None)) == (400, code, param)


def test_what_is_missing_is_named(shop: Shop) -> None:
    error = refused(shop.api.products.create, {"description": "nameless"})
    assert (error.http_status, error.code, error.param) == (400, "parameter_missing", "name")
    error = refused(shop.api.customers.retrieve, "cus_nobody")
    assert (error.http_status, error.code) == (404, "resource_missing")


def test_what_the_stand_in_does_not_know_is_501_and_never_a_guess(shop: Shop) -> None:
    calls = [
        (shop.api.coupons.create, {"percent_off": 5}),
        (shop.api.customers.create, {"tax": {"validate_location": "deferred"}}),
        (shop.api.subscriptions.create, {"customer": "cus_x", "items": []}),
        (shop.api.checkout.sessions.create, {"mode": "payment"}),
    ]
    for call, params in calls:
        error = refused(call, params)
        assert (error.http_status, type(error)) == (501, stripe.APIError)
        assert "not part of this stand-in" in str(error)


def test_a_customer_is_changed_listed_found_and_deleted(shop: Shop) -> None:
    customer = shop.customer(metadata={"ramon_account": "acc_findme", "gone": "x"})
    changed = shop.api.customers.update(
        customer.id, {"name": "Countess", "metadata": {"gone": "", "more": "y"}}
    )
    assert changed.metadata.to_dict() == {"ramon_account": "acc_findme", "more": "y"}
    found = shop.api.customers.search({"query": "metadata['ramon_account']:'acc_findme'"})
    assert [each.id for each in found.data] == [customer.id]
    assert shop.api.customers.delete(customer.id).deleted
    assert shop.api.customers.retrieve(customer.id).deleted
    assert not shop.api.customers.search({"query": "metadata['ramon_account']:'acc_findme'"}).data


def test_lists_come_in_pages_the_newest_first(shop: Shop) -> None:
    email = "many@example.org"
    made = [shop.customer(email=email).id for _ in range(5)]
    first = shop.api.customers.list({"email": email, "limit": 2})
    assert ([each.id for each in first.data], first.has_more) == (made[:2:-1], True)
    walked = [each.id for each in first.auto_paging_iter()]
    assert walked == made[::-1]
    before = shop.api.customers.list({"email": email, "ending_before": made[0], "limit": 3})
    assert [each.id for each in before.data] == [made[3], made[2], made[1]]
    assert refused(shop.api.customers.list, {"limit": 101}).http_status == 400


def test_a_lookup_key_moves_to_a_new_price(shop: Shop) -> None:
    def make(**more: Any) -> Any:
        return shop.api.prices.create(
            {
                "product": shop.small.product,
                "currency": "usd",
                "unit_amount": 100,
                "recurring": {"interval": "month"},
                "lookup_key": "moving",
                **more,
            }
        )

    old = make()
    assert refused(make).code == "resource_already_exists"
    new = make(transfer_lookup_key=True, unit_amount=200)
    listed = shop.api.prices.list({"lookup_keys": ["moving"]}).data
    assert [each.id for each in listed] == [new.id]
    assert shop.api.prices.retrieve(old.id).lookup_key is None


def test_amounts_smaller_than_a_cent_are_kept_exactly(shop: Shop) -> None:
    price = shop.api.prices.create(
        {
            "product": shop.small.product,
            "currency": "usd",
            "unit_amount_decimal": "0.000015",
            "recurring": {"interval": "month", "usage_type": "metered", "meter": shop.meter.id},
        }
    )
    assert (price.unit_amount, f"{price.unit_amount_decimal:f}") == (None, "0.000015")


def test_an_event_counts_once_however_often_it_is_told(shop: Shop) -> None:
    customer = shop.customer().id
    shop.use(customer, f"once:{customer}", 7)
    error = refused(shop.use, customer, f"once:{customer}", 7)
    assert error.http_status == 400
    assert error.headers["stripe-should-retry"] == "false"
    assert f"An event already exists with identifier once:{customer}" in str(error)
    shop.use(customer, f"twice:{customer}", 5)
    eventually(lambda: shop.used(customer) == 12)


@pytest.mark.parametrize(
    ("offset", "code"),
    [(-36 * DAY, "timestamp_too_far_in_past"), (10 * 60, "timestamp_in_future")],
)
def test_events_of_another_time_are_refused(shop: Shop, offset: int, code: str) -> None:
    customer = shop.customer().id
    at = shop.now() + offset
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.use(customer, f"when:{offset}", 1, timestamp=at)
    assert caught.value.code == code


def test_more_than_fifteen_digits_are_refused(shop: Shop) -> None:
    assert refused(shop.use, shop.customer().id, "digits", 10**15).http_status == 400


def test_an_event_can_be_taken_back(shop: Shop) -> None:
    customer = shop.customer().id
    shop.use(customer, f"wrong:{customer}", 100)
    shop.use(customer, f"right:{customer}", 1)
    shop.api.billing.meter_event_adjustments.create(
        {
            "event_name": shop.event_name,
            "type": "cancel",
            "cancel": {"identifier": f"wrong:{customer}"},
        }
    )
    eventually(lambda: shop.used(customer) == 1)


def test_summaries_are_by_hour_if_asked_and_on_whole_minutes(shop: Shop) -> None:
    customer = shop.customer().id
    hour = shop.now() // 3600 * 3600
    for number, at in enumerate((hour - 7200, hour - 7199, hour - 1)):
        shop.use(customer, f"{customer}:{number}", 10 + number, timestamp=at)
    summaries = shop.api.billing.meters.event_summaries
    span = {"customer": customer, "start_time": hour - 7200, "end_time": hour}

    def by_hour() -> list[tuple[int, float]]:
        found = summaries.list(shop.meter.id, {**span, "value_grouping_window": "hour"}).data
        return [(each.start_time, each.aggregated_value) for each in found]

    eventually(lambda: by_hour() == [(hour - 3600, 12), (hour - 7200, 21)])
    assert summaries.list(shop.meter.id, span).data[0].aggregated_value == 33
    crooked = {**span, "start_time": hour - 7201}
    assert refused(summaries.list, shop.meter.id, crooked).param == "start_time"


def test_with_a_time_window_the_last_event_of_the_hour_is_the_one_that_counts(shop: Shop) -> None:
    customer, name = shop.customer().id, f"upsert_{shop.event_name}"
    meter = shop.api.billing.meters.create(
        {
            "display_name": "Totals",
            "event_name": name,
            "event_time_window": "hour",
            "default_aggregation": {"formula": "sum"},
        }
    )
    hour = shop.now() // 3600 * 3600 - 3600
    for value, at in ((5, hour + 10), (9, hour + 5), (4, hour - 1)):
        payload = {"stripe_customer_id": customer, "value": str(value)}
        shop.api.billing.meter_events.create(
            {"event_name": name, "payload": payload, "timestamp": at}
        )
    span = {"customer": customer, "start_time": hour - 3600, "end_time": hour + 3600}
    summaries = shop.api.billing.meters.event_summaries
    eventually(lambda: summaries.list(meter.id, span).data[0].aggregated_value == 13)


def test_a_plan_changes_in_the_middle_of_the_month_at_the_price_that_was_shown(shop: Shop) -> None:
    customer, subscription = shop.subscriber()
    item, at = shop.plan_item(subscription), shop.now()
    change = {
        "items": [{"id": item.id, "price": shop.large.id}],
        "proration_behavior": "always_invoice",
        "proration_date": at,
    }
    shown = shop.api.invoices.create_preview(
        {"customer": customer.id, "subscription": subscription.id, "subscription_details": change}
    )
    month = next_month(at) - start_of_month(at)
    rest = item.current_period_end - at
    expected = (round_half_up(9900 * rest, month), -round_half_up(2900 * rest, month))
    assert sorted(line.amount for line in shown.lines.data) == sorted(expected)
    assert shown.total == sum(expected)

    changed = shop.api.subscriptions.update(
        subscription.id, {**change, "payment_behavior": "error_if_incomplete"}
    )
    assert shop.plan_item(changed).price.id == shop.large.id
    paid = shop.invoices(customer.id)[0]
    assert (paid.total, paid.billing_reason) == (shown.total, "subscription_update")
    assert paid.status == "paid"


def start_of_month(at: int) -> int:
    moment = datetime.fromtimestamp(at, UTC)
    return int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp())


def round_half_up(amount: int, seconds: int) -> int:
    return (2 * amount + seconds) // (2 * seconds)


def test_a_smaller_plan_gives_credit_that_the_next_bill_uses(shop: Shop) -> None:
    customer, subscription = shop.subscriber()
    item = shop.plan_item(subscription)
    for price in (shop.large, shop.small):
        shop.api.subscriptions.update(
            subscription.id,
            {
                "items": [{"id": item.id, "price": price.id}],
                "proration_behavior": "always_invoice",
                "proration_date": shop.now(),
            },
        )
    back = shop.invoices(customer.id)[0]
    assert back.total < 0
    assert (back.status, back.amount_due) == ("paid", 0)
    assert shop.api.customers.retrieve(customer.id).balance == back.total
    upcoming = shop.api.invoices.create_preview({"subscription": subscription.id})
    assert upcoming.amount_due == upcoming.total + back.total


def test_prorations_can_wait_for_the_next_invoice_or_be_left_out(shop: Shop) -> None:
    customer, subscription = shop.subscriber()
    item = shop.plan_item(subscription)
    for behavior, waiting in (("none", 0), ("create_prorations", 2)):
        price = shop.large if behavior == "none" else shop.small
        shop.api.subscriptions.update(
            subscription.id,
            {"items": [{"id": item.id, "price": price.id}], "proration_behavior": behavior},
        )
        pending = shop.api.invoice_items.list({"customer": customer.id, "pending": True}).data
        assert len(pending) == waiting
    upcoming = shop.api.invoices.create_preview({"subscription": subscription.id})
    assert len(upcoming.lines.data) == 2 + 2


def test_a_change_of_plan_that_the_card_refuses_changes_nothing(shop: Shop) -> None:
    customer, subscription = shop.subscriber("4000000000000341")
    item, known = shop.plan_item(subscription), len(shop.invoices(customer.id))
    error = refused(
        shop.api.subscriptions.update,
        subscription.id,
        {
            "items": [{"id": item.id, "price": shop.large.id}],
            "proration_behavior": "always_invoice",
            "payment_behavior": "error_if_incomplete",
        },
    )
    assert (error.http_status, error.code) == (402, "card_declined")
    unchanged = shop.api.subscriptions.retrieve(subscription.id)
    assert shop.plan_item(unchanged).price.id == shop.small.id
    assert unchanged.status == "active"
    assert len(shop.invoices(customer.id)) == known


def test_ending_now_charges_the_usage_and_gives_back_the_rest(shop: Shop) -> None:
    customer, subscription = shop.subscriber()
    used_at = shop.now()
    shop.use(customer.id, f"end:{customer.id}", 10_000_000, timestamp=used_at)
    eventually(lambda: shop.now() > used_at and shop.used(customer.id) == 10_000_000)
    first = shop.invoices(customer.id)[0].total
    shop.api.subscriptions.cancel(subscription.id, {"invoice_now": True, "prorate": True})
    last = shop.invoices(customer.id)[0]
    assert last.status == "paid"
    assert 14_000 - first <= last.total <= 14_000 - first + 10
    assert shop.api.subscriptions.list({"customer": customer.id}).data == []
    ended = shop.api.subscriptions.list({"customer": customer.id, "status": "all"}).data
    assert [each.status for each in ended] == ["canceled"]


def test_a_paid_invoice_is_put_right_by_a_credit_note(shop: Shop) -> None:
    customer, _ = shop.subscriber()
    paid = shop.invoices(customer.id)[0]
    note = shop.api.credit_notes.create(
        {"invoice": paid.id, "amount": 10, "credit_amount": 4, "refund_amount": 6}
    )
    assert note.number == f"{paid.number}-CN-01"
    assert shop.api.customers.retrieve(customer.id).balance == -4
    assert shop.api.invoices.retrieve(paid.id).post_payment_credit_notes_amount == 10
    too_much = {"invoice": paid.id, "amount": paid.total, "refund_amount": paid.total}
    assert refused(shop.api.credit_notes.create, too_much).http_status == 400


def test_single_amounts_wait_for_the_next_invoice(shop: Shop) -> None:
    customer, subscription = shop.subscriber()
    item = shop.api.invoice_items.create(
        {"customer": customer.id, "amount": 250, "currency": "usd", "description": "Carried over"}
    )
    upcoming = shop.api.invoices.create_preview({"subscription": subscription.id})
    assert (250, "Carried over") in [(each.amount, each.description) for each in upcoming.lines]
    shop.api.invoice_items.delete(item.id)
    upcoming = shop.api.invoices.create_preview({"subscription": subscription.id})
    assert upcoming.total == 2900


def test_tiers_are_counted_one_after_the_other(shop: Shop) -> None:
    price = shop.api.prices.create(
        {
            "product": shop.seconds.product,
            "currency": "usd",
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "tiers": [
                {"up_to": 1000, "unit_amount": 0},
                {"up_to": "inf", "unit_amount_decimal": "0.5"},
            ],
            "recurring": {"interval": "month", "usage_type": "metered", "meter": shop.meter.id},
        }
    )
    assert "tiers" not in price
    assert shop.api.prices.retrieve(price.id, {"expand": ["tiers"]}).tiers[1].up_to is None
    customer = shop.customer().id
    items = [{"price": shop.small.id, "quantity": 1}, {"price": price.id}]
    session = shop.checkout(customer, line_items=items)
    assert shop.pay(session.url).status_code == 303
    shop.use(customer, f"tiers:{customer}", 1501)
    eventually(lambda: shop.used(customer) == 1501)
    subscription = shop.api.subscriptions.list({"customer": customer}).data[0]
    upcoming = shop.api.invoices.create_preview({"subscription": subscription.id})
    lines = [(each.quantity, each.amount) for each in upcoming.lines.data]
    assert lines == [(1, 2900), (1000, 0), (501, 251)]  # 250.5 cents


def test_objects_are_given_in_place_of_their_ids_if_asked(shop: Shop) -> None:
    customer, subscription = shop.subscriber()
    found = shop.api.subscriptions.retrieve(
        subscription.id, {"expand": ["customer", "latest_invoice", "default_payment_method"]}
    )
    assert found.customer.email == customer.email
    assert found.latest_invoice.status == "paid"
    assert found.default_payment_method.card.last4 == "4242"
    error = refused(shop.api.subscriptions.retrieve, subscription.id, {"expand": ["moon"]})
    assert "cannot be expanded" in str(error)


def test_requests_and_answers_are_written_down_as_stripe_describes_them(
    shop: Shop, cloud: LocalCloud
) -> None:
    customer, subscription = shop.subscriber()
    calls: list[Any] = [
        lambda: shop.api.customers.list({"email": "ada@example.org"}),
        lambda: shop.api.products.list({"active": True}),
        lambda: shop.api.prices.list({"product": shop.small.product}),
        lambda: shop.api.billing.meters.list({"status": "active"}),
        lambda: shop.api.checkout.sessions.list({"customer": customer.id}),
        lambda: shop.api.billing_portal.sessions.create({"customer": customer.id}),
        lambda: shop.api.payment_methods.list({"customer": customer.id}),
        lambda: shop.api.payment_methods.attach("pm_card_visa", {"customer": customer.id}),
        lambda: shop.api.invoices.line_items.list(subscription.latest_invoice),
        lambda: shop.api.events.list({"type": "invoice.paid", "limit": 3}),
        shop.api.webhook_endpoints.list,
        lambda: shop.api.credit_notes.list({"customer": customer.id}),
    ]
    assert all(call() is not None for call in calls)
    record = cloud.state_dir / "stripe" / "requests.jsonl"
    assert record.stat().st_mode & 0o077 == 0
    assert [line for line in unlike_stripe(record) if ": response: " in line] == []
