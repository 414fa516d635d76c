"""Keeps the stand-in going: does what is due and sends webhooks, as soon as there is anything."""

import asyncio
import contextlib
import logging

from localcloud.stripe import worker
from localcloud.stripe.deliveries import Deliveries
from localcloud.stripe.stand_in import StandIn

COUNTING_SECONDS = 0.05
"""How long a meter event waits until it counts: not at once, as with Stripe, but soon."""

LONGEST_SLEEP = 30.0

logger = logging.getLogger(__name__)


class Running:
    """The stand-in's background work."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self.deliveries = Deliveries(stand_in)
        self._tasks: list[asyncio.Task[None]] = []
        self._to_send = asyncio.Event()
        self._sending = asyncio.Lock()

    def start(self) -> None:
        """Begin; what an earlier run left undone comes first."""
        self._tasks = [asyncio.create_task(self._work()), asyncio.create_task(self._deliver())]
        for task in self._tasks:
            task.add_done_callback(_tell_of_failure)

    async def pause(self) -> None:
        """Do nothing by itself any more, but answer. A delivery under way is sent again later."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.deliveries.close()

    def close(self) -> None:
        """Let go of what is on disk."""
        self.stand_in.store.close()

    async def settle(self) -> int:
        """Do what is due by now and send what is due to be sent; gives how many were sent."""
        sent = 0
        worker.do_due(self.stand_in)
        while tried := await self._send():
            sent += tried
            worker.do_due(self.stand_in)
        return sent

    async def _send(self) -> int:
        async with self._sending:
            return await self.deliveries.send_due()

    async def _work(self) -> None:
        while True:
            self.stand_in.woken.clear()
            worker.do_due(self.stand_in)
            self._to_send.set()
            await _wait(self.stand_in.woken, self._until(worker.next_due(self.stand_in)))
            await asyncio.sleep(COUNTING_SECONDS)

    async def _deliver(self) -> None:
        while True:
            self._to_send.clear()
            await self._send()
            await _wait(self._to_send, self._until(self.deliveries.next_at()))

    def _until(self, moment: float | None) -> float:
        """Seconds until a moment of the stand-in's clock."""
        if moment is None:
            return LONGEST_SLEEP
        return min(LONGEST_SLEEP, max(0.0, moment - self.stand_in.clock.time()))


def _tell_of_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.critical("the stand-in for Stripe does nothing any more", exc_info=error)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    # Not wait_for: before Python 3.12 it swallows a cancellation that comes with the event.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
