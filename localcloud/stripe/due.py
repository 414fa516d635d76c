"""When something happens to an object by itself."""

from localcloud.stripe.parameters import Json

ENDED = ("canceled", "incomplete_expired")


def due_at(body: Json) -> int | None:
    """In seconds since 1970; None for what only requests change."""
    kind = body["object"]
    if kind == "subscription":
        return _of_subscription(body)
    if kind == "invoice":
        return _of_invoice(body)
    if kind == "checkout.session" and body["status"] == "open":
        return int(body["expires_at"])
    return None


def _of_subscription(body: Json) -> int | None:
    if body["status"] in ENDED:
        return None
    return min(int(item["current_period_end"]) for item in body["items"]["data"])


def _of_invoice(body: Json) -> int | None:
    moment = {"draft": "automatically_finalizes_at", "open": "next_payment_attempt"}
    if not body["auto_advance"] or body["status"] not in moment:
        return None
    at: int | None = body[moment[body["status"]]]
    return at
