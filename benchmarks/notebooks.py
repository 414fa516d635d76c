"""Notebooks of one person: starting several, watched by one poll, and stopping them."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

from benchmarks.errors import BenchmarkError
from benchmarks.kernels import Jupyter
from benchmarks.processes import PATIENCE_SECONDS
from benchmarks.service import Person

POLL_SECONDS = 0.1
"""Between an answer and the next look, as a page that is watched does."""

OUTCOMES = ("running", "failed")
"""How a start ends."""


class Notebooks:
    """Somebody's notebooks, all stopped at first."""

    def __init__(self, person: Person, ids: list[str]) -> None:
        self.person = person
        self.ids = ids
        self._settled: dict[str, asyncio.Future[dict[str, Any]]] = {}

    @classmethod
    async def created(cls, person: Person, count: int) -> Self:
        """Make that many blank ones."""
        return cls(person, [await person.create(f"Benchmark {each + 1}") for each in range(count)])

    async def begin_start(self, notebook_id: str) -> None:
        """Ask for a start."""
        await self.person.ask("POST", f"/notebooks/{notebook_id}/start")
        self._settled[notebook_id] = asyncio.get_running_loop().create_future()

    async def until_running(self, notebook_id: str) -> dict[str, Any]:
        """The notebook as it was first seen running, while `watched`. Raises BenchmarkError."""
        try:
            told = await asyncio.wait_for(self._settled[notebook_id], PATIENCE_SECONDS)
        except TimeoutError as error:
            text = f"A notebook did not start in {PATIENCE_SECONDS:.0f} s."
            raise BenchmarkError(text) from error
        if told["state"] != "running":
            raise BenchmarkError(f"A notebook did not start: {told['failure']}")
        return told

    async def stop(self, ids: Sequence[str]) -> None:
        """Stop them, and wait until they have."""
        await asyncio.gather(*(self.person.ask("POST", f"/notebooks/{each}/stop") for each in ids))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(told["state"] != "stopped" for told in await self._look(ids)):
            if time.monotonic() > deadline:
                raise BenchmarkError(f"A notebook did not stop in {PATIENCE_SECONDS:.0f} s.")
            await asyncio.sleep(POLL_SECONDS)

    @asynccontextmanager
    async def watched(self, ids: Sequence[str]) -> AsyncIterator[None]:
        """Look at these again and again: one by itself, several by the list, as pages do."""
        async with asyncio.TaskGroup() as group:  # if looking fails, the block does
            watching = group.create_task(self._watch(ids))
            yield
            watching.cancel()
        self._settled.clear()

    async def _watch(self, ids: Sequence[str]) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            # Those asked for before this look: what it says of others may be from before.
            waiting = dict(self._settled)
            for told in await self._look(ids):
                future = waiting.get(told["id"])
                if future and not future.done() and told["state"] in OUTCOMES:
                    future.set_result(told)

    async def _look(self, ids: Sequence[str]) -> Iterable[dict[str, Any]]:
        found = await self.person.look(ids)
        return [found[each] for each in ids]


async def entered(person: Person) -> Jupyter:
    """A new notebook that runs; it ends with the local cloud. Raises BenchmarkError."""
    notebooks = await Notebooks.created(person, 1)
    notebook_id = notebooks.ids[0]
    async with notebooks.watched(notebooks.ids):
        await notebooks.begin_start(notebook_id)
        told = await notebooks.until_running(notebook_id)
    return await person.enter(notebook_id, told["url"])
