"""What goes wrong at Stripe when it is asked to, and what must hold all the same."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
import stripe

from localcloud.testing import LocalCloud
from tests.unit.localcloud.shop import Inbox, Shop, inbox
from tests.unit.localcloud.waiting import eventually

METER_EVENTS = "POST /v1/billing/meter_events"
CUSTOMERS = "POST /v1/customers"


@pytest.fixture(scope="module")
def shop(cloud: LocalCloud) -> Iterator[Shop]:
    with closing(Shop(cloud)) as shop:
        yield shop


@pytest.fixture(autouse=True)
def no_faults_afterwards(shop: Shop) -> Iterator[None]:
    yield
    shop.browser.delete(f"{shop.base}/_stand_in/faults")
    hold(shop, {"hold": False})


def hold(shop: Shop, wanted: dict[str, Any]) -> None:
    assert shop.browser.post(f"{shop.base}/_stand_in/deliveries", json=wanted).is_success


def named(shop: Shop, name: str) -> list[str]:
    """The ids of the customers of a name."""
    listed = shop.api.customers.list({"limit": 100})
    return [each.id for each in listed.auto_paging_iter() if each.name == name]


def test_an_answer_that_is_lost_is_given_again_for_the_same_key(shop: Shop) -> None:
    shop.fault(CUSTOMERS, "drop_after_commit")
    made = shop.client(retries=2).v1.customers.create({"name": "Lost"})
    assert named(shop, "Lost") == [made.id]
    assert made.last_response.headers["idempotent-replayed"] == "true"


def test_usage_whose_answer_is_lost_is_a_duplicate_the_next_time(shop: Shop) -> None:
    customer = shop.customer().id
    shop.fault(METER_EVENTS, "drop_after_commit")
    with pytest.raises(stripe.APIConnectionError):
        shop.use(customer, f"lost:{customer}", 5)
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        shop.use(customer, f"lost:{customer}", 5)
    eventually(lambda: shop.used(customer) == 5)


def test_a_request_that_never_arrived_leaves_nothing(shop: Shop) -> None:
    shop.fault(CUSTOMERS, "drop_before")
    with pytest.raises(stripe.APIConnectionError):
        shop.api.customers.create({"name": "Never"})
    assert named(shop, "Never") == []


@pytest.mark.parametrize(("fault", "made"), [("500_before", 0), ("500_after", 1)])
def test_a_stored_500_is_replayed_for_the_same_key(shop: Shop, fault: str, made: int) -> None:
    shop.fault(CUSTOMERS, fault)
    params, options = {"name": f"Broken {fault}"}, {"idempotency_key": f"key {fault}"}
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            shop.api.customers.create(params, options)
        assert caught.value.http_status == 500
    assert len(named(shop, f"Broken {fault}")) == made
    assert shop.api.customers.create(params).name == f"Broken {fault}"


def test_too_many_requests_store_nothing(shop: Shop) -> None:
    shop.fault(CUSTOMERS, "429", times=1)
    options = {"idempotency_key": "often"}
    with pytest.raises(stripe.RateLimitError):
        shop.api.customers.create({"name": "Often"}, options)
    assert shop.api.customers.create({"name": "Often"}, options).name == "Often"


def test_a_header_asks_for_a_fault_of_its_own_request(shop: Shop) -> None:
    headers = {"Authorization": "Bearer sk_test_local", "X-Stand-In-Fault": "drop-after-commit"}
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"{shop.base}/v1/customers", data={"name": "By header"}, headers=headers)
    assert len(named(shop, "By header")) == 1
    wrong = httpx.get(f"{shop.base}/v1/customers", headers=headers | {"X-Stand-In-Fault": "fire"})
    assert wrong.status_code == 400


def test_a_key_is_good_for_one_set_of_parameters(shop: Shop) -> None:
    options = {"idempotency_key": "one thing"}
    first = shop.api.customers.create({"name": "One"}, options)
    again = shop.api.customers.create({"name": "One"}, options)
    assert (again.id, again.last_response.headers["idempotent-replayed"]) == (first.id, "true")
    with pytest.raises(stripe.IdempotencyError) as caught:
        shop.api.customers.create({"name": "Another"}, options)
    assert caught.value.http_status == 400


def test_a_fault_that_is_none_is_refused(shop: Shop) -> None:
    address = f"{shop.base}/_stand_in/faults"
    wanted = {"operation": CUSTOMERS, "fault": "fire"}
    assert shop.browser.post(address, json=wanted).status_code == 400
    as_a_form = {"Content-Type": "text/plain"}
    answer = shop.browser.post(address, content=json.dumps(wanted), headers=as_a_form)
    assert answer.status_code == 400


def test_webhooks_are_signed_and_sent_again_until_they_are_taken(shop: Shop) -> None:
    with inbox(shop, "customer.created") as box:
        box.refuse = 1
        customer = shop.customer()
        eventually(lambda: box.types(customer.id) == ["customer.created"])
    event = shop.api.events.retrieve(box.events[-1]["id"])
    assert event.data.object.id == customer.id
    assert event.pending_webhooks == 0


def test_only_what_an_endpoint_wants_is_sent(shop: Shop) -> None:
    with inbox(shop, "customer.updated") as box:
        customer = shop.customer()
        shop.api.customers.update(customer.id, {"name": "Somebody else"})
        eventually(lambda: box.types(customer.id) == ["customer.updated"])
    assert box.events[0]["data"]["previous_attributes"] == {"name": "Ada"}


def test_a_webhook_may_come_twice(shop: Shop) -> None:
    with inbox(shop, "customer.created") as box:
        shop.fault("webhook customer.created", "duplicate")
        customer = shop.customer()
        eventually(lambda: len(box.types(customer.id)) == 2)
    assert box.events[0]["id"] == box.events[1]["id"]


def test_webhooks_may_come_in_another_order(shop: Shop) -> None:
    def order(box: Inbox, wanted: dict[str, Any]) -> list[str]:
        hold(shop, {"hold": True})
        customer = shop.customer()
        shop.api.customers.update(customer.id, {"name": "Changed"})
        hold(shop, wanted)
        eventually(lambda: len(box.types(customer.id)) == 2)
        return box.types(customer.id)

    with inbox(shop, "customer.created", "customer.updated") as box:
        newest_first = order(box, {"hold": False, "order": "newest_first"})
        assert newest_first == ["customer.updated", "customer.created"]
        shop.fault("webhook customer.created", "reorder")
        order(box, {"hold": False})
    assert shop.browser.get(f"{shop.base}/_stand_in/deliveries").json()["held"] is False


def test_usage_that_does_not_count_is_told_by_thin_events(shop: Shop) -> None:
    client, customer = shop.client(), shop.customer().id
    with inbox(shop, "invoice.paid") as box:
        destination = client.v2.core.event_destinations.create(
            {
                "name": "usage",
                "type": "webhook_endpoint",
                "event_payload": "thin",
                "enabled_events": [
                    "v1.billing.meter.error_report_triggered",
                    "v1.billing.meter.no_meter_found",
                ],
                "webhook_endpoint": {"url": box.url},
                "include": ["webhook_endpoint.signing_secret"],
            }
        )
        box.secret = destination.webhook_endpoint.signing_secret
        shop.use(customer, f"half:{customer}", "1.5")
        shop.use("cus_nobody", f"nobody:{customer}", 1)
        payload = {"stripe_customer_id": customer, "value": "1"}
        nowhere = {"event_name": "no such meter", "payload": payload}
        shop.api.billing.meter_events.create(nowhere)
        eventually(lambda: len(errors(client, box)) == 3)
        assert [each.id for each in client.v2.core.event_destinations.list().data] == [
            destination.id
        ]
        client.v2.core.event_destinations.delete(destination.id)
    assert errors(client, box) == {
        "meter_event_invalid_value": [f"half:{customer}"],
        "meter_event_customer_not_found": [f"nobody:{customer}"],
        "no_meter": errors(client, box)["no_meter"],
    }
    assert "data" not in box.events[0]


def errors(client: Any, box: Inbox) -> dict[str, list[str]]:
    """What the thin events that came say when they are asked for: identifiers by code."""
    found: dict[str, list[str]] = {}
    for each in box.events:
        for kind in client.v2.core.events.retrieve(each["id"]).data.reason.error_types:
            samples = [sample.request.identifier for sample in kind.sample_errors]
            found.setdefault(kind.code, []).extend(samples)
    return found
