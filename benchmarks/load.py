"""The same request again and again: how long one takes, and how many a second there are."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.figures import Figure

Request = Callable[[], Awaitable[None]]
"""Makes one request and reads its answer; raises if it is not the right one."""

SEQUENTIAL = 60
"""Requests of one round, one after the other."""

CLIENTS = 8
"""Clients that ask at the same time."""

EACH = 25
"""Requests of each of them in one round. The service allows an account 600 in a minute."""


@dataclass
class Load:
    """One side's requests; with several, clients share them out."""

    requests: Sequence[Request]
    _seconds: list[float] = field(default_factory=list)
    _rates: list[float] = field(default_factory=list)

    async def warm_up(self) -> None:
        """As many at once as later, uncounted, so that everything that starts late has started."""
        await self._at_once(each=2)

    async def run(self) -> None:
        """One round: requests one by one, then from all clients at once."""
        for number in range(SEQUENTIAL):
            began = time.perf_counter()
            await self.requests[number % len(self.requests)]()
            self._seconds.append(time.perf_counter() - began)
        began = time.perf_counter()
        await self._at_once(each=EACH)
        self._rates.append(CLIENTS * EACH / (time.perf_counter() - began))

    def figures(self) -> dict[str, Figure]:
        """`read_ms` of one client; `rate_per_s` of all together."""
        return {
            "read_ms": Figure.of_latencies([1000 * each for each in self._seconds]),
            "rate_per_s": Figure.of(self._rates),
        }

    async def _at_once(self, each: int) -> None:
        async def client(request: Request) -> None:
            for _ in range(each):
                await request()

        async with asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                group.create_task(client(self.requests[number % len(self.requests)]))
