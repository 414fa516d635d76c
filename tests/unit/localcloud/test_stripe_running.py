import asyncio
from pathlib import Path

from localcloud.clock import Clock
from localcloud.stripe.running import Running
from localcloud.stripe.stand_in import StandIn


def test_a_pause_that_comes_together_with_work_is_heeded(tmp_path: Path) -> None:
    async def pause_at_once() -> None:
        running = Running(StandIn(tmp_path, "http://127.0.0.1/stripe", Clock()))
        running.start()
        for _ in range(3):
            await asyncio.sleep(0.1)  # until it waits
        running.stand_in.wake()
        async with asyncio.timeout(5):
            await running.pause()
        running.close()

    asyncio.run(pause_at_once())
