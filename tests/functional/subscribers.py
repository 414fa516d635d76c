"""People of these tests who pay, and Stripe's side of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from boto3.dynamodb.types import TypeDeserializer
from chalice.test import Client

from localcloud.stripe.deliveries import signature
from localcloud.testing import CARD, LocalCloud, pay
from tests.functional.conftest import Caller, signed_in
from tests.support import eventually

DECLINED = "4000 0000 0000 0002"
FAILS_LATER = "4000 0000 0000 0341"
"""Works at Checkout, and is declined when it is charged later."""

_DYNAMODB = TypeDeserializer()


@dataclass(frozen=True)
class Subscriber(Caller):
    """Somebody who is signed in, and may pay."""

    github_id: int = 0

    @property
    def plan(self) -> str:
        """The plan that the account has."""
        return str(self.told("GET", "/me")["plan"])

    @property
    def account_id(self) -> str:
        return str(self.told("GET", "/me")["id"])

    def checkout(self, plan: str) -> str:
        """The address of a Checkout page."""
        return str(self.told("POST", "/billing/checkout", {"plan": plan})["url"])

    def subscribe(self, plan: str, card: str = CARD) -> None:
        """Pay for a plan, and wait until it holds."""
        assert pay(self.checkout(plan), card).status_code == 303
        self.until_plan(plan)

    def until_plan(self, plan: str) -> None:
        """Wait until the account has a plan: a webhook brings it."""
        eventually(lambda: self.plan == plan, within=90, every=0.1)

    def change(self, plan: str, proration_at: int | None = None) -> dict[str, Any]:
        """Change the plan; how the account stands then."""
        wanted = {"plan": plan, "proration_at": proration_at}
        told: dict[str, Any] = self.told("POST", "/billing/plan", wanted)
        return told

    def preview(self, plan: str) -> dict[str, Any]:
        """What a change would cost."""
        told: dict[str, Any] = self.told("GET", f"/billing/plan-change?plan={plan}")
        return told

    @property
    def invoices(self) -> list[dict[str, Any]]:
        """All invoices, newest first."""
        return list(self.told("GET", "/billing/invoices")["items"])


def subscriber(client: Client, github_id: int) -> Subscriber:
    """Somebody new."""
    return Subscriber(client, signed_in(client, github_id).headers, github_id)


class StripeSide:
    """What can be seen and done behind the service's back."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self.base = f"http://127.0.0.1:{cloud.port}/stripe"
        secret = cloud.client("secretsmanager").get_secret_value(SecretId="ramon-local-stripe")
        self.keys = json.loads(secret["SecretString"])

    def record(self, account_id: str) -> dict[str, Any]:
        """What the service has written down of how an account pays; nothing if it has not."""
        return self._item("billing_accounts", {"account_id": {"S": account_id}})

    def claim(self, event_id: str) -> dict[str, Any]:
        """The claim of an event; nothing if there is none."""
        return self._item("claims", {"id": {"S": f"stripe:{event_id}"}})

    def _item(self, table: str, key: dict[str, Any]) -> dict[str, Any]:
        found = self._cloud.client("dynamodb").get_item(
            TableName=f"ramon-local-{table}", Key=key, ConsistentRead=True
        )
        return {name: _DYNAMODB.deserialize(value) for name, value in found.get("Item", {}).items()}

    def listed(self, kind: str, customer_id: str) -> list[dict[str, Any]]:
        """A customer's objects of a kind (`subscriptions`, `credit_notes`), newest first."""
        everything = {"status": "all"} if kind == "subscriptions" else {}
        answer = httpx.get(
            f"{self.base}/v1/{kind}",
            params={"customer": customer_id, **everything},
            headers={"Authorization": "Bearer sk_test_local"},
        )
        return list(answer.json()["data"])

    def sign(self, body: bytes, at: int, key: str | None = None) -> str:
        """The header by which Stripe signs."""
        return signature(key or self.keys["webhook_secret"], body, at)

    def fail(self, operation: str, fault: str, times: int = 1) -> None:
        """Let an operation fail, so many times."""
        rule = {"operation": operation, "fault": fault, "times": times}
        assert httpx.post(f"{self.base}/_stand_in/faults", json=rule).status_code == 200

    def works(self) -> None:
        """Nothing fails any more."""
        httpx.delete(f"{self.base}/_stand_in/faults")

    def deliveries(self) -> list[dict[str, Any]]:
        """The newest webhooks."""
        return list(httpx.get(f"{self.base}/_stand_in/deliveries").json()["deliveries"])

    @contextmanager
    def holding_webhooks(self, **release: str) -> Iterator[None]:
        """Webhooks made inside are delivered after it."""
        address = f"{self.base}/_stand_in/deliveries"
        httpx.post(address, json={"hold": True})
        try:
            yield
        finally:
            httpx.post(address, json={"hold": False, **release})
