"""Moves the stand-in's clock ahead, and lets everything happen that happens meanwhile.

It stops at every midnight UTC, at 00:20 and 00:50 of each month's first day (around the hour in
which a month's bill is a draft), and whenever something becomes due at Stripe.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from localcloud.clock import Clock
from localcloud.stripe import worker
from localcloud.stripe.running import Running

FIRST_DAY_STOPS = (timedelta(minutes=20), timedelta(minutes=50))

DAY = timedelta(days=1)

Fire = Callable[[tuple[str, ...]], Iterable[tuple[str, bool]]]
"""Invokes the scheduled functions that became due, but for those whose names end so; gives their
names and whether they succeeded."""

REAPERS = ("lease-reaper", "cluster-sweep")
"""Stop servers and clusters that have been silent. What the clock jumps over was no silence, so
they wait until the move is over and every notebook has had its say."""

SAY_SECONDS = 20
"""The longest wait for them: more than the time between two heartbeats of a notebook
(`notebooks/agent.py`)."""

LOOK_SECONDS = 0.1
"""How often to look whether all have told."""


@dataclass(frozen=True)
class Advance:
    """What moves with the clock."""

    clock: Clock
    stripe: Running
    fire: Fire
    hold: Callable[[], AbstractContextManager[None]]
    """Nothing but `fire` fires schedules inside of it."""
    anybody_speaks: Callable[[], bool]
    """Whether tasks or jobs run, which will tell that they do."""
    all_told_since: Callable[[float, float], bool]
    """Whether all who told so many seconds (the second) before a moment have told since; the moment
    is one of `time.monotonic`."""
    carry_out_lifecycle: Callable[[], None]
    """Does what S3's lifecycle rules ask for, once a day."""

    async def by(self, seconds: int) -> AsyncIterator[str]:
        """Move on by so many seconds; gives a line about each stop."""
        target = self.clock.seconds() + seconds
        with self.hold():
            moved_at = time.monotonic()
            # What is due already happens first; so each rule knows from when on it waits.
            yield await self._stop()
            while (now := self.clock.seconds()) < target:
                self.clock.move_to(min(target, self._next_stop(now)))
                moved_at = time.monotonic()
                yield await self._stop()
            await self._let_all_tell(moved_at)
        self.stripe.stand_in.wake()

    async def _let_all_tell(self, moved_at: float) -> None:
        patience = time.monotonic() + SAY_SECONDS
        while self.anybody_speaks() and time.monotonic() < patience:
            if self.all_told_since(moved_at, SAY_SECONDS):
                return
            await asyncio.sleep(LOOK_SECONDS)

    def _next_stop(self, now: int) -> int:
        due = worker.next_due(self.stripe.stand_in)
        calendar = next_calendar_stop(now)
        return calendar if due is None else min(calendar, max(due, now + 1))

    async def _stop(self) -> str:
        """Let everything happen that is due at this moment."""
        moment = self.clock.seconds()
        webhooks = await self.stripe.settle()
        fired = list(await asyncio.to_thread(self.fire, REAPERS))
        await asyncio.to_thread(self.carry_out_lifecycle)
        webhooks += await self.stripe.settle()
        said = [f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"]
        if fired:
            said.append(f"{len(fired)} functions")
        failed = Counter(name for name, succeeded in fired if not succeeded)
        said += [f"{name} FAILED" for name in failed]
        if webhooks:
            said.append(f"{webhooks} webhooks")
        return ", ".join(said)


def next_calendar_stop(now: int) -> int:
    """The next midnight, or the next of the moments on a month's first day."""
    moment = datetime.fromtimestamp(now, UTC)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    stops = [midnight + DAY]
    if midnight.day == 1:
        stops += [midnight + after for after in FIRST_DAY_STOPS]
    return min(int(stop.timestamp()) for stop in stops if stop > moment)
