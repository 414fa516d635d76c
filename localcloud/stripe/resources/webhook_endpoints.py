"""Webhook endpoints: where events go. The signing secret is told once, when one is made."""

from localcloud.stripe.context import Context
from localcloud.stripe.errors import invalid
from localcloud.stripe.ids import new_id
from localcloud.stripe.listing import listing
from localcloud.stripe.operations import operation
from localcloud.stripe.parameters import (
    PAGING,
    Json,
    array,
    boolean,
    clearable,
    merged,
    metadata,
    operation_parameters,
    text,
)

PATH = "/v1/webhook_endpoints"

FIELDS = {
    "description": clearable(text()),
    "enabled_events": array(text(), most=300),
    "metadata": metadata,
    "url": text(),
}


@operation(
    f"POST {PATH}",
    operation_parameters(
        FIELDS | {"api_version": text()},
        required=["enabled_events", "url"],
        elsewhere="connect",
    ),
)
def create(ctx: Context, asked: Json) -> Json:
    """A new endpoint; the answer is the only one with its secret."""
    _check_url(asked["url"])
    secret = new_id("whsec", 32)
    endpoint = {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": asked.get("api_version"),
        "application": None,
        "created": ctx.now,
        "description": asked.get("description"),
        "enabled_events": asked["enabled_events"],
        "livemode": False,
        "metadata": merged({}, asked.get("metadata")),
        "status": "enabled",
        "url": asked["url"],
        "_secret": secret,
    }
    ctx.store.add(endpoint)
    return endpoint | {"secret": secret}


@operation(f"GET {PATH}/{{webhook_endpoint}}", operation_parameters({}))
def retrieve(ctx: Context, _asked: Json, endpoint: str) -> Json:
    """One endpoint."""
    return ctx.store.get("webhook_endpoint", endpoint)


@operation(
    f"POST {PATH}/{{webhook_endpoint}}", operation_parameters(FIELDS | {"disabled": boolean})
)
def update(ctx: Context, asked: Json, endpoint: str) -> Json:
    """Change what is given."""
    found = ctx.store.get("webhook_endpoint", endpoint)
    _check_url(str(asked.get("url", found["url"])))
    found |= {name: asked[name] for name in FIELDS if name in asked}
    found["metadata"] = merged(found["metadata"], asked.get("metadata"))
    if "disabled" in asked:
        found["status"] = "disabled" if asked["disabled"] else "enabled"
    return ctx.store.save(found)


@operation(f"DELETE {PATH}/{{webhook_endpoint}}", operation_parameters({}))
def delete(ctx: Context, _asked: Json, endpoint: str) -> Json:
    """Send nothing there any more."""
    ctx.store.get("webhook_endpoint", endpoint)
    ctx.store.remove(endpoint)
    return {"id": endpoint, "object": "webhook_endpoint", "deleted": True}


@operation(f"GET {PATH}", operation_parameters(PAGING))
def list_(ctx: Context, asked: Json) -> Json:
    """All endpoints."""
    return listing(PATH, asked, ctx.store.each("webhook_endpoint"))


def _check_url(url: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise invalid("Invalid URL: an explicit scheme (such as https) must be provided.", "url")
