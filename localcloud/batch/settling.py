"""How compute environments and queues change: CREATING, UPDATING and DELETING take a moment."""

import asyncio
from collections.abc import Callable

from localcloud.api_model import Record
from localcloud.batch.errors import ClientError

SECONDS = 0.05
"""How long a change takes; on AWS it is between seconds and minutes."""

UNSETTLED = ("CREATING", "UPDATING", "DELETING")


def check_settled(record: Record, intent: str) -> None:
    """Raise ClientError if a resource is just being changed; intent: "update" or "delete"."""
    if record["status"] in UNSETTLED:
        raise ClientError(f"Cannot {intent}, resource is being modified.")


def soon(settle: Callable[[], None], extra_seconds: float = 0.0) -> None:
    """Let a change come to its end, after a moment and some extra seconds."""
    asyncio.get_running_loop().call_later(SECONDS + extra_seconds, settle)
