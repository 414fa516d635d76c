"""One run for one stage."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
import stripe

from ops.cloud import LOCAL
from ops.deploy.settings import Stage, is_stripe_itself
from ops.stripe_setup import endpoints, products, subscriptions
from ops.stripe_setup.keys import Keys, Vault
from ops.stripe_setup.steps import Steps

_TIMEOUT = (5, 30)
"""Seconds to connect, and to wait for an answer."""
_RETRIES = 3


class NotSetUp(Exception):
    """It can't be done; the message says what to do."""


@dataclass(frozen=True)
class Target:
    """The stage that is set up, its settings, and where its keys are."""

    name: str
    stage: Stage
    vault: Vault

    @property
    def webhook_url(self) -> str:
        """Where Stripe tells of events."""
        base = self.stage.api_url or f"{self.stage.app_origin}/api"
        return f"{base}/webhooks/stripe"

    @property
    def can_be_told(self) -> bool:
        """Whether webhooks arrive: the real Stripe can't reach one's own machine."""
        return self.name != LOCAL or not is_stripe_itself(self.stage.stripe)


def set_up(target: Target, say: Callable[[str], None], *, dry_run: bool = False) -> int:
    """Set Stripe up for a stage. Gives how many things were changed.

    Raises `NotSetUp`: no key, something at Stripe that can't be changed, or Stripe's refusal.
    """
    stored = target.vault.read()
    api_key = target.stage.stripe.api_key or stored.api_key
    if not api_key:
        raise NotSetUp(
            "No key of Stripe is known. Run this with its secret key: "
            f"STRIPE_API_KEY=sk_… python -m ops.stripe_setup --stage {target.name}"
        )
    steps = Steps(say, dry_run=dry_run)
    try:
        with connected(api_key, target.stage.stripe.api_base) as client:
            products.ensure(client, steps)
            subscriptions.ensure(client, steps, target.name)
            keys = _told(client, steps, target, msgspec.structs.replace(stored, api_key=api_key))
    except (stripe.StripeError, products.Different) as error:
        raise NotSetUp(f"Stripe: {error}") from error
    if keys != stored:
        steps.do("write the keys into the stage's secret", lambda: target.vault.write(keys))
    return steps.count


@contextmanager
def connected(api_key: str, base: str) -> Iterator[stripe.StripeClient]:
    """Stripe's own client, which hangs up in the end."""
    # Otherwise the library writes a file into the home directory, and sends what it measured.
    stripe.enable_telemetry = False
    http = stripe.RequestsClient(timeout=_TIMEOUT)
    try:
        yield stripe.StripeClient(
            api_key,
            http_client=http,
            max_network_retries=_RETRIES,
            # One left out would be the real Stripe's.
            base_addresses={"api": base, "connect": base, "files": base, "meter_events": base},
        )
    finally:
        http.close()


def _told(client: stripe.StripeClient, steps: Steps, target: Target, keys: Keys) -> Keys:
    if target.can_be_told:
        return endpoints.ensure(client, steps, target.name, target.webhook_url, keys)
    secret = target.stage.stripe.webhook_secret
    if not secret:
        steps.say(
            "Stripe can't reach this machine. Let its command line pass events on:\n"
            f"    stripe listen --forward-to {target.webhook_url}\n"
            "and start again with the secret that it prints as STRIPE_WEBHOOK_SECRET."
        )
    return Keys(api_key=keys.api_key, webhook_secret=secret, thin_webhook_secret=secret)
