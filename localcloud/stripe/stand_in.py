"""The stand-in's parts in one place: what it knows, the time, and what goes wrong on request."""

import asyncio
from pathlib import Path

from localcloud.clock import Clock
from localcloud.stripe import due
from localcloud.stripe.context import Context
from localcloud.stripe.faults import Faults
from localcloud.stripe.recorder import Recorder
from localcloud.stripe.store import Store


class StandIn:
    """A Stripe of one's own, with its state in `directory`."""

    def __init__(self, directory: Path, base: str, clock: Clock) -> None:
        self.base = base
        self.clock = clock
        self.store = Store(directory / "stripe.sqlite", due.due_at)
        self.recorder = Recorder(directory / "requests.jsonl")
        self.faults = Faults()
        self.woken = asyncio.Event()

    def context(
        self,
        request_id: str | None = None,
        idempotency_key: str | None = None,
        now: int | None = None,
    ) -> Context:
        """For a piece of work at the present moment, or at `now`."""
        moment = self.clock.seconds() if now is None else now
        return Context(self.store, moment, self.base, request_id, idempotency_key)

    def wake(self) -> None:
        """There may be something to do."""
        self.woken.set()
