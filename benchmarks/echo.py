"""A cell's echo: from sending `1+1` to its result, over the WebSocket of a kernel that runs.

Ours goes through the front door and the gateway. The peer is a stock `jupyter lab`, asked directly.
The floor is a bare WebSocket that sends back a text of the same size.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import bare_websocket, environments, notebooks, service, stock, web
from benchmarks.figures import Figure
from benchmarks.kernels import Jupyter, Kernel
from benchmarks.progress import say
from benchmarks.report import Report
from benchmarks.service import Person
from localcloud.testing import LocalCloud

CELLS = 100
"""Cells of each side in one round."""

WARM_UP = 10
"""Cells before those that count."""


def measure(rounds: int) -> Report:
    """All sides in turns, `rounds` times. Raises BenchmarkError."""
    programs = environments.stock()
    say("Starting the local cloud …")
    with service.running() as cloud:
        return asyncio.run(_measure(cloud, programs, rounds))


async def _measure(cloud: LocalCloud, programs: Path, rounds: int) -> Report:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(web.client())
        person = await Person.signed_in(http, cloud.app_origin, service.LOGINS[0])
        say("Starting a notebook and a stock jupyter lab …")
        ours = await _kernel(stack, await notebooks.entered(person))
        theirs = await _kernel(stack, await stack.enter_async_context(stock.lab(http, programs)))
        bare = await stack.enter_async_context(bare_websocket.running(http))
        subject, peer, floor = Echoes(_cell(ours)), Echoes(_cell(theirs)), Echoes(bare)
        for number in range(1, rounds + 1):
            say(f"Round {number} of {rounds} …")
            for side in (subject, peer, floor):
                await side.run()
    return Report(
        bench="echo",
        headline="echo_ms",
        subject=subject.figures(),
        floor=floor.figures(),
        peer=peer.figures(),
        legend={"floor": "a bare WebSocket", "peer": "stock jupyter lab, asked directly"},
    )


async def _kernel(stack: AsyncExitStack, jupyter: Jupyter) -> Kernel:
    return await stack.enter_async_context(jupyter.connected(await jupyter.start_kernel()))


Echo = Callable[[], Awaitable[float]]
"""Sends once and waits until all is settled; answers the seconds until the echo arrived."""


def _cell(kernel: Kernel) -> Echo:
    async def echo() -> float:
        began = time.perf_counter()
        await kernel.execute("1+1")
        seconds = time.perf_counter() - began
        await kernel.settled()
        return seconds

    return echo


@dataclass
class Echoes:
    """One side's samples."""

    echo: Echo
    _seconds: list[float] = field(default_factory=list)
    _rates: list[float] = field(default_factory=list)

    async def run(self) -> None:
        """One round."""
        for _ in range(WARM_UP):
            await self.echo()
        began = time.perf_counter()
        self._seconds += [await self.echo() for _ in range(CELLS)]
        self._rates.append(CELLS / (time.perf_counter() - began))

    def figures(self) -> dict[str, Figure]:
        """`echo_ms`, and `rate_per_s`: cells one after the other, each when the last is settled."""
        return {
            "echo_ms": Figure.of_latencies([1000 * each for each in self._seconds]),
            "rate_per_s": Figure.of(self._rates),
        }
