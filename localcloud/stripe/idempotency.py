"""Idempotency keys: the answer to a POST is kept for a day and given again, errors included."""

import hashlib
import json

from localcloud.stripe.context import Context
from localcloud.stripe.errors import StripeError
from localcloud.stripe.parameters import Json

KEPT_SECONDS = 24 * 3600
"""How long a key is known (API reference, "Idempotent requests")."""

Answer = tuple[int, Json]


def digest(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same."""
    return hashlib.sha256(f"{method} {path}\n".encode() + body).hexdigest()


def earlier(ctx: Context, key: str, fingerprint: str) -> Answer | None:
    """The stored answer; raises StripeError if the key came with other parameters."""
    ctx.store.sql.execute("DELETE FROM idempotency WHERE at <= ?", (ctx.now - KEPT_SECONDS,))
    row = ctx.store.sql.execute("SELECT * FROM idempotency WHERE key = ?", (key,)).fetchone()
    if row is None:
        return None
    if row["digest"] != fingerprint:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were"
            f" first used with. Try using a key other than '{key}' if you meant to execute a"
            " different request."
        )
        raise StripeError(400, "idempotency_error", message)
    return row["status"], json.loads(row["body"])


def remember(ctx: Context, key: str, fingerprint: str, answer: Answer) -> None:
    """Keep an answer for the next request with that key."""
    status, body = answer
    ctx.store.sql.execute(
        "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?)",
        (key, fingerprint, ctx.now, status, json.dumps(body)),
    )
