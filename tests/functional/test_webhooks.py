"""Webhooks of Stripe and GitHub: whose are believed, and how often one counts."""

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from chalice.test import Client

from localcloud.testing import LocalCloud, pay
from tests.functional.conftest import Caller, signed_in
from tests.functional.subscribers import StripeSide, Subscriber, subscriber
from tests.support import eventually

NUMBERS = itertools.count(7000)
"""GitHub's ids of people whom no other test knows."""


@pytest.fixture
def stripe_side(cloud: LocalCloud) -> Iterator[StripeSide]:
    side = StripeSide(cloud)
    yield side
    side.works()


@pytest.fixture(scope="module")
def payer(client: Client) -> Subscriber:
    """Somebody with a plan."""
    person = subscriber(client, next(NUMBERS))
    person.subscribe("researcher")
    return person


@pytest.fixture
def applied(payer: Subscriber, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The accounts that were looked up at Stripe, in this process."""
    from chalicelib.billing import subscriptions  # noqa: PLC0415  after the settings

    asked: list[str] = []
    apply = subscriptions.apply

    def noted(account_id: str) -> Any:
        asked.append(account_id)
        return apply(account_id)

    monkeypatch.setattr(subscriptions, "apply", noted)
    return asked


def _event(kind: str = "invoice.paid", **of: Any) -> dict[str, Any]:
    number = next(NUMBERS)
    return {
        "id": f"evt_test{number}",
        "object": "event",
        "type": kind,
        "data": {"object": {"id": f"in_{number}", "object": "invoice", **of}},
    }


def _send(
    client: Client, side: StripeSide, event: Any, *, at: int | None = None, key: str | None = None
) -> int:
    """Deliver an event as Stripe does; the answer's status."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    header = side.sign(body, at or int(time.time()), key)
    return _post(client, body, {"Stripe-Signature": header})


def _post(client: Client, body: bytes, headers: dict[str, str], path: str = "stripe") -> int:
    answer = client.http.post(
        f"/webhooks/{path}", headers={"Content-Type": "application/json", **headers}, body=body
    )
    if answer.status_code >= 400:
        assert set(json.loads(answer.body)["error"]) == {"code", "message", "details"}
    return int(answer.status_code)


@pytest.fixture
def event_of_payer(payer: Subscriber, stripe_side: StripeSide) -> dict[str, Any]:
    """An event that is about somebody we know."""
    return _event(customer=stripe_side.record(payer.account_id)["customer_id"])


def test_a_signed_event_is_applied_once_however_often_it_comes(
    client: Client,
    stripe_side: StripeSide,
    event_of_payer: dict[str, Any],
    payer: Subscriber,
    applied: list[str],
) -> None:
    answers = [_send(client, stripe_side, event_of_payer) for _ in range(3)]

    assert answers == [204, 204, 204]
    assert applied == [payer.account_id]
    assert stripe_side.claim(event_of_payer["id"])["state"] == "done"


@pytest.mark.parametrize(
    "forgery", ["another key", "old", "other body", "no header", "nonsense", "not ASCII"]
)
def test_what_stripe_has_not_just_signed_is_refused_and_nothing_is_written(
    client: Client,
    stripe_side: StripeSide,
    event_of_payer: dict[str, Any],
    applied: list[str],
    forgery: str,
) -> None:
    body, now = json.dumps(event_of_payer).encode(), int(time.time())
    headers = {
        "another key": {"Stripe-Signature": stripe_side.sign(body, now, "whsec_guessed")},
        "old": {"Stripe-Signature": stripe_side.sign(body, now - 301)},
        "other body": {"Stripe-Signature": stripe_side.sign(body + b" ", now)},
        "no header": {},
        "nonsense": {"Stripe-Signature": "t=now,v1="},
        "not ASCII": {"Stripe-Signature": f"t={now},v1=\u00e9"},
    }[forgery]

    assert _post(client, body, headers) == 400
    assert applied == []
    assert stripe_side.claim(event_of_payer["id"]) == {}


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff\xfe", b'{"id": 1, "type": "x"}'])
def test_what_is_signed_and_no_event_is_refused(
    client: Client, stripe_side: StripeSide, body: bytes
) -> None:
    assert _send(client, stripe_side, body) == 400


def test_a_body_of_more_than_a_mebibyte_is_refused_before_it_is_looked_at(
    client: Client, cloud: LocalCloud, stripe_side: StripeSide
) -> None:
    body = b"x" * (1024 * 1024 + 1)

    assert _send(client, stripe_side, body) == 413
    assert _post(client, body, {}, "github") == 413
    outside = httpx.post(f"{cloud.app_origin}/api/webhooks/stripe", content=body)
    assert outside.status_code == 413
    assert outside.json()["error"]["code"] == "too_large"


def test_events_of_others_are_ignored(
    client: Client, stripe_side: StripeSide, payer: Subscriber, applied: list[str]
) -> None:
    customer_id = stripe_side.record(payer.account_id)["customer_id"]
    events = [
        _event(customer="cus_unknown"),
        _event(),
        _event(customer="cus_unknown", metadata={"ramon_account": payer.account_id}),
        _event(customer=customer_id, metadata={"ramon_stage": "prod"}),
        _event(customer=customer_id, metadata={"ramon_account": "acc_of_nobody"}),
        _event("charge.refunded", customer=customer_id),
    ]

    assert [_send(client, stripe_side, event) for event in events] == [204] * len(events)
    assert applied == []
    assert [stripe_side.claim(event["id"]) for event in events] == [{}] * len(events)


def test_what_an_event_claims_is_not_believed(client: Client, stripe_side: StripeSide) -> None:
    person = subscriber(client, next(NUMBERS))
    person.checkout("lab")
    customer_id = stripe_side.record(person.account_id)["customer_id"]
    noted = {"ramon_account": person.account_id, "ramon_stage": "local"}
    event = _event(
        "customer.subscription.created", customer=customer_id, metadata=noted, status="active"
    )

    assert _send(client, stripe_side, event) == 204

    assert person.plan == "free"


def test_an_event_that_is_being_worked_on_is_to_be_sent_again(
    client: Client, stripe_side: StripeSide, event_of_payer: dict[str, Any], applied: list[str]
) -> None:
    from chalicelib.core import claims  # noqa: PLC0415  after the settings

    claim = claims.take(f"stripe:{event_of_payer['id']}", 60)
    assert isinstance(claim, claims.Claim)

    assert _send(client, stripe_side, event_of_payer) == 409

    claims.give_back(claim)
    assert _send(client, stripe_side, event_of_payer) == 204
    assert len(applied) == 1


def test_an_event_that_could_not_be_applied_is_applied_when_it_comes_again(
    client: Client, stripe_side: StripeSide, event_of_payer: dict[str, Any], applied: list[str]
) -> None:
    stripe_side.fail("GET /v1/subscriptions", "500_before", times=3)

    assert _send(client, stripe_side, event_of_payer) == 502

    assert stripe_side.claim(event_of_payer["id"]) == {}
    assert _send(client, stripe_side, event_of_payer) == 204
    assert len(applied) == 2


def test_events_in_the_wrong_order_lead_to_what_holds(
    client: Client, stripe_side: StripeSide
) -> None:
    person = subscriber(client, next(NUMBERS))
    with stripe_side.holding_webhooks(order="newest_first"):
        assert pay(person.checkout("researcher")).status_code == 303
        portal = person.told("POST", "/billing/portal")["url"]
        for action in ("cancel", "keep", "cancel"):
            assert httpx.post(portal, data={"action": action}).status_code == 303

    def all_delivered() -> bool:
        return all(each["status"] == "delivered" for each in stripe_side.deliveries())

    eventually(all_delivered, within=90)
    record = stripe_side.record(person.account_id)
    assert person.plan == "researcher"
    assert record["ends_at"] == record["period_end"]


def test_usage_that_stripe_could_not_count_is_told_by_a_thin_event_and_looked_for(
    payer: Subscriber, stripe_side: StripeSide
) -> None:
    from chalicelib.billing import stripe_gateway  # noqa: PLC0415  after the settings

    identifier = f"vcpu_seconds:{payer.account_id}:2026-11-23T05:0"
    payload = {"stripe_customer_id": "cus_unknown", "value": "1"}
    event = {"event_name": "ramon_vcpu_seconds", "identifier": identifier, "payload": payload}
    assert stripe_gateway.report_usage(event).has_arrived

    def told() -> bool:
        return any(
            each["type"].startswith("v1.billing.meter.") and each["status"] == "delivered"
            for each in stripe_side.deliveries()
        )

    eventually(told, within=90)


@pytest.fixture
def github_key(cloud: LocalCloud) -> bytes:
    secret = cloud.client("secretsmanager").get_secret_value(SecretId="ramon-local-github")
    return str(json.loads(secret["SecretString"])["webhook_secret"]).encode()


def _from_github(
    client: Client, key: bytes, event: str, body: dict[str, Any], delivery: str = "1"
) -> int:
    content = json.dumps(body).encode()
    digest = hmac.new(key, content, hashlib.sha256).hexdigest()
    headers = {
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": f"sha256={digest}",
    }
    return _post(client, content, headers, "github")


def _status(caller: Caller) -> int:
    return int(caller.ask("GET", "/me").status_code)


def test_who_takes_our_permission_away_at_github_is_signed_out_everywhere(
    client: Client, github_key: bytes, owner: Caller
) -> None:
    github_id = next(NUMBERS)
    here, there = signed_in(client, github_id), signed_in(client, github_id)
    body = {"action": "revoked", "sender": {"id": github_id}}

    assert _from_github(client, github_key, "github_app_authorization", body) == 204

    assert [_status(here), _status(there), _status(owner)] == [401, 401, 200]


def test_a_revocation_that_is_delivered_again_signs_nobody_out(
    client: Client, github_key: bytes
) -> None:
    github_id = next(NUMBERS)
    signed_in(client, github_id)
    body = {"action": "revoked", "sender": {"id": github_id}}
    _from_github(client, github_key, "github_app_authorization", body)
    back = signed_in(client, github_id)

    # The delivery's number is not signed: whoever replays a body can give it any.
    again = _from_github(client, github_key, "github_app_authorization", body, delivery="2")

    assert again == 204
    assert _status(back) == 200


@pytest.mark.parametrize(
    ("event", "action"),
    [("ping", "revoked"), ("push", "revoked"), ("github_app_authorization", "granted")],
)
def test_other_deliveries_of_github_change_nothing(
    client: Client, github_key: bytes, event: str, action: str
) -> None:
    github_id = next(NUMBERS)
    person = signed_in(client, github_id)

    body = {"action": action, "zen": "Keep it logically awesome.", "sender": {"id": github_id}}

    assert _from_github(client, github_key, event, body) == 204
    assert _status(person) == 200


def test_a_revocation_of_somebody_unknown_changes_nothing(
    client: Client, github_key: bytes
) -> None:
    body = {"action": "revoked", "sender": {"id": next(NUMBERS)}}

    assert _from_github(client, github_key, "github_app_authorization", body) == 204


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 64, "sha1=x", "\u00e9"])
def test_what_github_has_not_signed_is_refused(client: Client, signature: str) -> None:
    github_id = next(NUMBERS)
    person = signed_in(client, github_id)
    body = json.dumps({"action": "revoked", "sender": {"id": github_id}}).encode()
    headers = {"X-GitHub-Event": "github_app_authorization", "X-Hub-Signature-256": signature}

    assert _post(client, body, headers, "github") == 400
    assert _status(person) == 200


def test_a_signed_revocation_that_makes_no_sense_is_refused(
    client: Client, github_key: bytes
) -> None:
    assert _from_github(client, github_key, "github_app_authorization", {"action": "x"}) == 400
