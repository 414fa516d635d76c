"""A shop at the stand-in for Stripe: a catalogue, people who subscribe, and who hears of it."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import stripe

from localcloud.testing import LocalCloud

GOOD, DECLINED, POOR, FAILS_LATER = (
    "4242424242424242",
    "4000000000000002",
    "4000000000009995",
    "4000000000000341",
)

stripe.enable_telemetry = False


class Shop:
    """Stripe's SDK at the stand-in, with two plans and a meter."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self.origin = f"http://127.0.0.1:{cloud.port}"
        self.base = f"{self.origin}/stripe"
        self._http: list[Any] = []
        self.api = self.client().v1
        self.browser = httpx.Client(timeout=30)
        self.small = self._plan("Small", 2900)
        self.large = self._plan("Large", 9900)
        self.event_name = f"seconds_{datetime.now(UTC).timestamp():.6f}"
        self.meter = self.api.billing.meters.create(
            {
                "display_name": "Seconds",
                "event_name": self.event_name,
                "default_aggregation": {"formula": "sum"},
                "customer_mapping": {"type": "by_id", "event_payload_key": "stripe_customer_id"},
                "value_settings": {"event_payload_key": "value"},
            }
        )
        self.seconds = self.api.prices.create(
            {
                "currency": "usd",
                "product_data": {"name": "Seconds", "unit_label": "s"},
                "recurring": {
                    "interval": "month",
                    "usage_type": "metered",
                    "meter": self.meter.id,
                },
                "unit_amount_decimal": "0.0014",
            }
        )

    def close(self) -> None:
        """Hang up."""
        self.browser.close()
        for each in self._http:
            each.close()

    def client(self, retries: int = 0) -> Any:
        """The SDK as the service sets it up. (Its types know parameters by literal values only.)"""
        addresses: Any = dict.fromkeys(("api", "connect", "files", "meter_events"), self.base)
        self._http.append(stripe.RequestsClient(timeout=10))
        return stripe.StripeClient(
            "sk_test_local",
            base_addresses=addresses,
            max_network_retries=retries,
            http_client=self._http[-1],
        )

    def customer(self, **more: Any) -> Any:
        """Somebody new."""
        return self.api.customers.create({"email": "ada@example.org", "name": "Ada", **more})

    def checkout(self, customer: str, **more: Any) -> Any:
        """A page on which they subscribe to the small plan, by the calendar month."""
        return self.api.checkout.sessions.create(
            {
                "mode": "subscription",
                "customer": customer,
                "line_items": [{"price": self.small.id, "quantity": 1}, {"price": self.seconds.id}],
                "success_url": f"{self.origin}/done?session={{CHECKOUT_SESSION_ID}}",
                "cancel_url": f"{self.origin}/canceled",
                "subscription_data": {
                    "billing_cycle_anchor": next_month(self.now()),
                    "billing_mode": {"type": "flexible"},
                    "proration_behavior": "create_prorations",
                },
                **more,
            }
        )

    def pay(self, url: str | None, number: str = GOOD, **more: str) -> httpx.Response:
        """Fill in the form of a page and send it."""
        form = {"number": number, "expiry": "12/40", "cvc": "123", "name": "Ada L"}
        return self.browser.post(str(url), data=form | more)

    def subscriber(self, number: str = GOOD) -> tuple[Any, Any]:
        """Somebody who has subscribed."""
        customer = self.customer()
        session = self.checkout(customer.id)
        assert self.pay(session.url, number).status_code == 303
        paid = self.api.checkout.sessions.retrieve(session.id, {"expand": ["subscription"]})
        return customer, paid.subscription

    def use(self, customer: str, identifier: str, value: int | str, **more: Any) -> None:
        """Report usage."""
        self.api.billing.meter_events.create(
            {
                "event_name": self.event_name,
                "identifier": identifier,
                "payload": {"stripe_customer_id": customer, "value": str(value)},
                **more,
            }
        )

    def used(self, customer: str, **more: Any) -> int:
        """What the meter counted in the last two hours."""
        now = self.now() // 3600 * 3600
        found = self.api.billing.meters.event_summaries.list(
            self.meter.id,
            {"customer": customer, "start_time": now - 3600, "end_time": now + 3600, **more},
        ).data
        return int(found[0].aggregated_value)

    def plan_item(self, subscription: Any) -> Any:
        """The item of the plan."""
        items = subscription["items"].data
        return next(item for item in items if item.price.id != self.seconds.id)

    def invoices(self, customer: str) -> list[Any]:
        """All of theirs, the newest first."""
        found: list[Any] = self.api.invoices.list({"customer": customer}).data
        return found

    def now(self) -> int:
        """What time it is there."""
        return int(self.browser.get(f"{self.origin}/_stand_in/clock").json()["now"])

    def advance(self, seconds: int) -> list[str]:
        """Move the clock, and wait until all that happens meanwhile has happened."""
        return self._cloud.advance(seconds)

    def advance_to(self, moment: int) -> list[str]:
        """Move the clock to a moment."""
        return self.advance(moment - self.now())

    def fault(self, operation: str, fault: str, **more: Any) -> None:
        """Ask for a fault."""
        wanted = {"operation": operation, "fault": fault, **more}
        answer = self.browser.post(f"{self.base}/_stand_in/faults", json=wanted)
        assert answer.is_success, answer.text

    def _plan(self, name: str, cents: int) -> Any:
        return self.api.prices.create(
            {
                "currency": "usd",
                "product_data": {"name": name},
                "recurring": {"interval": "month"},
                "unit_amount": cents,
            }
        )


@dataclass
class Inbox:
    """An application that gets webhooks: verified events in the order in which they came."""

    url: str
    secret: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    refuse: int = 0
    """How many deliveries it refuses before it takes one."""

    def types(self, about: str = "") -> list[str]:
        """What came, about an object or a customer if asked."""
        return [each["type"] for each in self.events if about in json.dumps(each)]


@contextmanager
def inbox(shop: Shop, *events: str) -> Iterator[Inbox]:
    """An application that is registered for these events, all if none are named."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            stripe.WebhookSignature.verify_header(
                body.decode(), self.headers["Stripe-Signature"], box.secret, tolerance=None
            )
            box.refuse -= 1
            if box.refuse < 0:
                box.events.append(json.loads(body))
            self.send_response(204 if box.refuse < 0 else 500)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box = Inbox(f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    endpoint = shop.api.webhook_endpoints.create(
        {"url": box.url, "enabled_events": list(events) or ["*"]}
    )
    box.secret = str(endpoint.secret)
    try:
        yield box
    finally:
        shop.api.webhook_endpoints.delete(endpoint.id)
        server.shutdown()
        server.server_close()
        thread.join()


def next_month(now: int) -> int:
    """The first of the next month, 00:00 UTC."""
    moment = datetime.fromtimestamp(now, UTC)
    year, month = divmod(moment.year * 12 + moment.month, 12)
    return int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp())


def alert(answer: httpx.Response) -> str:
    """The error that a page shows."""
    match = re.search(r'role="alert"[^>]*>([^<]*)<', answer.text)
    return match[1] if match else ""
