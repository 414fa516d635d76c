"""A cluster of four workers: to its first result, to all workers, tasks a second, and its end.

Ours is `ramon.Cluster` in a cell of a running notebook. The floor is a cell of the same kernel with
`distributed.LocalCluster`, which knows no service, no other machine and no TLS. The peer is Dask
Gateway with its local backend. Each side's library is imported before it is measured.
"""

import ast
import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from benchmarks import cluster_work, dask_gateway, environments, notebooks, processes, service, web
from benchmarks.figures import Figure, Figures
from benchmarks.kernels import Kernel
from benchmarks.progress import say
from benchmarks.report import Report
from benchmarks.service import Person
from localcloud.testing import LocalCloud

WORKERS = 4

TASKS = 10_000

PLAN = "lab"
"""A plan with clusters."""

PAUSE_SECONDS = 5.0
"""After each turn, so that what still ends does not disturb the next one."""

WORK = Path(cluster_work.__file__).read_text(encoding="utf-8")

Told = Mapping[str, float]
"""What `cluster_work.measured` tells of one cluster."""

Turn = Callable[[], Coroutine[Any, Any, Told]]
"""Makes, uses and closes one cluster."""


def measure(rounds: int) -> Report:
    """All sides in turns, `rounds` times. Raises BenchmarkError."""
    programs = environments.clusters()
    say("Starting the local cloud …")
    with service.running() as cloud:
        return asyncio.run(_measure(cloud, programs, rounds))


async def _measure(cloud: LocalCloud, programs: Path, rounds: int) -> Report:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(web.client())
        person = await Person.signed_in(http, cloud.app_origin, service.LOGINS[0], PLAN)
        say("Starting a notebook and Dask Gateway …")
        jupyter = await notebooks.entered(person)
        kernel = await stack.enter_async_context(jupyter.connected(await jupyter.start_kernel()))
        gateway = await stack.enter_async_context(dask_gateway.running(http, programs))
        sides = {
            "ours": in_kernel(kernel, "Ours"),
            "floor": in_kernel(kernel, "floor"),
            "peer": in_process(
                programs / "python",
                f"lambda workers: peer(workers, {gateway.address!r}, {gateway.password!r})",
            ),
        }
        return report(await in_turns(sides, rounds))


async def in_turns(sides: Mapping[str, Turn], rounds: int) -> Mapping[str, Sequence[Told]]:
    """What each side told, round by round; what came before the first round is not counted."""
    told: dict[str, list[Told]] = defaultdict(list)
    for number in range(rounds + 1):
        say(f"Round {number} of {rounds} …" if number else "Warming up: one of each is not counted")
        for name, turn in sides.items():
            measured = await turn()
            await asyncio.sleep(PAUSE_SECONDS)
            if number:
                told[name].append(measured)
    return told


def report(told: Mapping[str, Sequence[Told]]) -> Report:
    """The figures of all sides."""
    return Report(
        bench="cluster",
        headline="first_s",
        subject=_figures(told["ours"]),
        floor=_figures(told["floor"]),
        peer=_figures(told["peer"]),
        legend={
            "floor": "distributed.LocalCluster in the same kernel",
            "peer": "Dask Gateway with its local backend",
        },
    )


def _figures(samples: Sequence[Told]) -> Figures:
    return {name: Figure.of([each[name] for each in samples]) for name in samples[0]}


def in_kernel(kernel: Kernel, ask: str) -> Turn:
    """As a cell; `ask` is an expression that `cluster_work.measured` takes."""

    async def turn() -> Told:
        text = await kernel.execute(_program(_measured(ask)))
        await kernel.settled()
        told: Told = json.loads(ast.literal_eval(text))
        return told

    return turn


def in_process(python: Path, ask: str) -> Turn:
    """As a program of an environment's Python, in a new process each time."""
    program = f"import dask_gateway, distributed\n{_program(f'print({_measured(ask)})')}"

    async def turn() -> Told:
        said = await processes.output_of([python, "-c", program])
        told: Told = json.loads(said.splitlines()[-1])
        return told

    return turn


def _measured(ask: str) -> str:
    return f"measured({ask}, {WORKERS}, {TASKS})"


def _program(last: str) -> str:
    return f"{WORK}\n{last}"
