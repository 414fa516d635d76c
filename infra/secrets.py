"""Secrets. None is in a template: they are empty at first, and a program fills them."""

from infra.cloudformation import Json, Resources, kept, staged


def resources() -> Resources:
    """Stripe's key, and the client of the GitHub App."""
    return {
        "StripeSecret": _secret(
            "stripe",
            'Stripe: {"api_key": ..., "webhook_secret": ...}',
            about="Empty at first: `ops.stripe_setup` writes {api_key, webhook_secret}, so that no "
            "secret is in a template.",
        ),
        "GithubSecret": _secret(
            "github",
            'The GitHub App: {"client_id": ..., "client_secret": ..., "webhook_secret": ...}',
            about="Empty at first: `ops.deploy` writes {client_id, client_secret, webhook_secret} "
            "once, so that no secret is in a template.",
        ),
    }


def _secret(name: str, holds: str, *, about: str) -> Json:
    properties = {"Name": staged(name), "Description": holds}
    return kept("AWS::SecretsManager::Secret", properties, about=about)
