"""Where Stripe tells of events: an endpoint for those with content, a destination for thin ones.

Stripe shows a signing secret once, when the thing is made. One whose secret was lost is therefore
made anew.
"""

from typing import Any

import stripe

from chalicelib.billing.stripe_events import METER_EVENTS, SUBSCRIPTION_EVENTS
from ops.stripe_setup.keys import Keys
from ops.stripe_setup.steps import Steps

_EVENTS: Any = list(SUBSCRIPTION_EVENTS)
"""Any, for the library's types list every event by its literal name."""
_SECRET = "webhook_endpoint.signing_secret"  # noqa: S105  the name of a field


def ensure(client: stripe.StripeClient, steps: Steps, stage: str, url: str, keys: Keys) -> Keys:
    """See to it that both tell `url`. Gives the keys with their secrets."""
    return _ensure_destination(
        client, steps, stage, url, _ensure_endpoint(client, steps, stage, url, keys)
    )


def _ensure_endpoint(
    client: stripe.StripeClient, steps: Steps, stage: str, url: str, keys: Keys
) -> Keys:
    known = _endpoint_of(client, stage)
    if known is not None and (known.id != keys.webhook_endpoint or not keys.webhook_secret):
        gone = known.id
        steps.do(
            "remove a webhook endpoint whose secret is lost",
            lambda: client.v1.webhook_endpoints.delete(gone),
        )
        known = None
    if known is None:
        made = steps.do(
            f"make a webhook endpoint: {url}", lambda: _make_endpoint(client, stage, url)
        )
        return keys.with_endpoint(made.id, made.secret or "") if made else keys
    if known.url != url or sorted(known.enabled_events) != sorted(SUBSCRIPTION_EVENTS):
        kept = known.id
        steps.do(
            f"change the webhook endpoint: {url}",
            lambda: client.v1.webhook_endpoints.update(
                kept, {"url": url, "enabled_events": _EVENTS}
            ),
        )
    return keys


def _endpoint_of(client: stripe.StripeClient, stage: str) -> stripe.WebhookEndpoint | None:
    for each in client.v1.webhook_endpoints.list({"limit": 100}).auto_paging_iter():
        if each.metadata.to_dict().get("ramon_stage") == stage:
            return each
    return None


def _make_endpoint(client: stripe.StripeClient, stage: str, url: str) -> stripe.WebhookEndpoint:
    version: Any = stripe.api_version  # the library's own; its types list all by literal names
    return client.v1.webhook_endpoints.create(
        {
            "url": url,
            "enabled_events": _EVENTS,
            "api_version": version,
            "metadata": {"ramon_stage": stage},
        }
    )


def _ensure_destination(
    client: stripe.StripeClient, steps: Steps, stage: str, url: str, keys: Keys
) -> Keys:
    noted = {"ramon_stage": stage, "ramon_url": url}
    ours = _destinations_of(client, stage)
    right = [
        each
        for each in ours
        if each.id == keys.event_destination
        and keys.thin_webhook_secret
        and each.metadata
        and each.metadata.to_dict() == noted
        and sorted(each.enabled_events) == sorted(METER_EVENTS)
    ]
    for each in ours:
        if each not in right:
            _remove_destination(client, steps, each.id)
    if right:
        return keys
    made = steps.do(
        f"make a destination of thin events: {url}", lambda: _make_destination(client, noted)
    )
    if made is None or made.webhook_endpoint is None:
        return keys
    return keys.with_destination(made.id, made.webhook_endpoint.signing_secret or "")


def _destinations_of(
    client: stripe.StripeClient, stage: str
) -> list[stripe.v2.core.EventDestination]:
    return [
        each
        for each in client.v2.core.event_destinations.list({"limit": 100}).auto_paging_iter()
        if each.metadata and each.metadata.to_dict().get("ramon_stage") == stage
    ]


def _remove_destination(client: stripe.StripeClient, steps: Steps, destination_id: str) -> None:
    steps.do(
        "remove a destination of thin events that is not as it must be",
        lambda: client.v2.core.event_destinations.delete(destination_id),
    )


def _make_destination(
    client: stripe.StripeClient, noted: dict[str, str]
) -> stripe.v2.core.EventDestination:
    return client.v2.core.event_destinations.create(
        {
            "name": f"Ramon's Notebooks, {noted['ramon_stage']}: usage that could not be counted",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "enabled_events": list(METER_EVENTS),
            "webhook_endpoint": {"url": noted["ramon_url"]},
            "include": [_SECRET],
            "metadata": noted,
        }
    )
