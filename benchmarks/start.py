"""From the start request to the first cell's result, for one notebook and for ten at once.

Ours goes the whole way through the front door: start, wait until it runs, open, enter with the
ticket, start a kernel, connect, run a cell. The peer is a stock `jupyter lab` on the same machine,
from starting the process to the same cell's result, without any service around it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import ClientSession

from benchmarks import environments, service, stock, web
from benchmarks.errors import BenchmarkError
from benchmarks.figures import Figure
from benchmarks.kernels import Jupyter
from benchmarks.notebooks import Notebooks
from benchmarks.progress import say
from benchmarks.report import Report
from benchmarks.service import Person
from benchmarks.timeline import RESULT, Timeline, step_figures
from localcloud.testing import LocalCloud

AT_ONCE = 10
"""Notebooks of the larger question; as many as the plan allows."""

PLAN = "lab"

SINGLES = 3
"""Starts of one notebook in each round, because they are short and vary."""

Starts = Callable[[int], Awaitable[list[Timeline]]]
"""Starts that many at once; answers when all have their result, and everything has ended again."""


def measure(rounds: int) -> Report:
    """Both sides in turns, `rounds` times. Raises BenchmarkError."""
    programs = environments.stock()
    say("Starting the local cloud …")
    with service.running() as cloud:
        return asyncio.run(_measure(cloud, programs, rounds))


async def _measure(cloud: LocalCloud, programs: Path, rounds: int) -> Report:
    async with web.client() as http:
        person = await Person.signed_in(http, cloud.app_origin, service.LOGINS[0], PLAN)
        notebooks = await Notebooks.created(person, AT_ONCE)
        ours, theirs = Side(OurStarts(notebooks)), Side(StockStarts(http, programs))
        say("Warming up: one start of each is not counted …")
        for side in (ours, theirs):
            await side.starts(1)
        for number in range(1, rounds + 1):
            for count in (*[1] * SINGLES, AT_ONCE):
                for side in (ours, theirs):
                    await side.run(count)
            say(f"Round {number} of {rounds}: {ours.last()}; stock: {theirs.last()}")
    return Report(
        bench="start",
        headline="one_s",
        subject=ours.figures(),
        floor=None,
        peer=theirs.figures(),
        legend={"peer": "stock jupyter lab"},
    )


class Side:
    """One side's timelines."""

    def __init__(self, starts: Starts) -> None:
        self.starts = starts
        self._single: list[Timeline] = []
        self._at_once: list[list[Timeline]] = []

    async def run(self, count: int) -> None:
        """Start that many at once, and keep their timelines."""
        lines = await self.starts(count)
        if count == 1:
            self._single += lines
        else:
            self._at_once.append(lines)

    def last(self) -> str:
        """What the last round gave."""
        last_of_many = max(line.seconds for line in self._at_once[-1])
        return f"one {self._single[-1].seconds:.1f} s, the last of ten {last_of_many:.1f} s"

    def figures(self) -> dict[str, Figure]:
        """`one_s`; of ten at once each and the last; and the steps of one."""
        return {
            "one_s": Figure.of([line.seconds for line in self._single]),
            "ten_each_s": Figure.of([line.seconds for lines in self._at_once for line in lines]),
            "ten_last_s": Figure.of(
                [max(line.seconds for line in lines) for lines in self._at_once]
            ),
            **step_figures(self._single, "one"),
        }


class OurStarts:
    """Starts of our notebooks."""

    def __init__(self, notebooks: Notebooks) -> None:
        self._notebooks = notebooks

    async def __call__(self, count: int) -> list[Timeline]:
        """Start the first `count` notebooks, and stop them again."""
        ids = self._notebooks.ids[:count]
        async with self._notebooks.watched(ids), asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._start(notebook_id)) for notebook_id in ids]
        await self._notebooks.stop(ids)
        return [task.result() for task in tasks]

    async def _start(self, notebook_id: str) -> Timeline:
        line = Timeline()
        await self._notebooks.begin_start(notebook_id)
        line.reached("accepted")
        told = await self._notebooks.until_running(notebook_id)
        line.reached("seen")
        for stage in told["stages"]:
            line.reached_at(stage["name"], stage["at"])
        line.reached_at("running", told["state_since"])
        jupyter = await self._notebooks.person.enter(notebook_id, told["url"])
        line.reached("entered")
        await _first_result(jupyter, line)
        return line


class StockStarts:
    """Starts of stock labs."""

    def __init__(self, http: ClientSession, programs: Path) -> None:
        self._http = http
        self._programs = programs

    async def __call__(self, count: int) -> list[Timeline]:
        """Start `count` labs, and end them when all have their result."""
        all_done = asyncio.Barrier(count)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._start(all_done)) for _ in range(count)]
        return [task.result() for task in tasks]

    async def _start(self, all_done: asyncio.Barrier) -> Timeline:
        line = Timeline()
        async with stock.lab(self._http, self._programs) as jupyter:
            line.reached("answering")
            await _first_result(jupyter, line)
            await all_done.wait()
        return line


async def _first_result(jupyter: Jupyter, line: Timeline) -> None:
    kernel_id = await jupyter.start_kernel()
    line.reached("kernel")
    async with jupyter.connected(kernel_id) as kernel:
        line.reached("connected")
        result = await kernel.execute("1+1")
        line.reached(RESULT)
    if result != "2":
        raise BenchmarkError(f"1+1 gave {result}.")
