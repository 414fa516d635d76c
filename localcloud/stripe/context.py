"""What a handler has to do with: the store, the time, and who asked."""

from dataclasses import dataclass

from localcloud.stripe.store import Store

API_VERSION = "2026-10-28.endive"
"""The version of Stripe's API that is spoken here."""


@dataclass(frozen=True)
class Context:
    """One piece of work, done within one transaction."""

    store: Store

    now: int
    """The time of the work, in seconds since 1970."""

    base: str
    """Where people and the API are, such as `http://127.0.0.1:8000/stripe`."""

    request_id: str | None = None
    """The request that asked; None for what happens by itself."""

    idempotency_key: str | None = None

    @property
    def livemode(self) -> bool:
        """Nothing here is ever live."""
        return False
