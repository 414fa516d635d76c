"""Portal sessions: a page on which a customer manages card, invoices and subscription."""

import secrets

from localcloud.stripe.context import Context
from localcloud.stripe.errors import invalid
from localcloud.stripe.ids import new_id
from localcloud.stripe.operations import operation
from localcloud.stripe.parameters import Json, operation_parameters, text
from localcloud.stripe.resources import customers

LIFETIME_SECONDS = 3600
"""How long the page can be used (Customer portal docs: an hour at most, with activity)."""

CONFIGURATION = "bpc_local"
"""The one configuration: card, invoices, cancelation at the period's end."""


@operation(
    "POST /v1/billing_portal/sessions",
    operation_parameters(
        {"customer": text(), "locale": text(), "return_url": text()},
        elsewhere="configuration customer_account flow_data on_behalf_of",
    ),
)
def create(ctx: Context, asked: Json) -> Json:
    """A new session, whose `url` is the page."""
    if "customer" not in asked:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    customer = customers.active(ctx, asked["customer"])
    token = secrets.token_urlsafe(24)
    return ctx.store.add(
        {
            "id": new_id("bps"),
            "object": "billing_portal.session",
            "configuration": CONFIGURATION,
            "created": ctx.now,
            "customer": customer["id"],
            "customer_account": None,
            "flow": None,
            "livemode": False,
            "locale": asked.get("locale"),
            "on_behalf_of": None,
            "return_url": asked.get("return_url"),
            "url": f"{ctx.base}/p/session/{token}",
            "_token": token,
        }
    )


def of_token(ctx: Context, token: str) -> Json | None:
    """The session of a page that can still be used."""
    for session in ctx.store.each("billing_portal.session"):
        if secrets.compare_digest(session["_token"], token):
            return session if session["created"] > ctx.now - LIFETIME_SECONDS else None
    return None
