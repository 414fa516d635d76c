"""More workers, fewer workers, and as many as the work needs."""

# distributed ships its types, but few of its functions have any.
# mypy: allow-untyped-calls

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable
from typing import Any

from dask.utils import parse_bytes
from distributed.deploy.adaptive import Adaptive as DaskAdaptive

from ramon._life import Life
from ramon._quantities import GIB, count
from ramon.errors import InvalidValue, RamonError

REFUSED_SECONDS = 30.0
"""How long an adaptive cluster does not ask for more after it was told no."""


class Adaptive(DaskAdaptive):
    """Dask's, which shows when there can't be more workers instead of asking every second."""

    _refused_at = -math.inf

    cluster: Scaling

    async def scale_up(self, n: Any) -> None:
        """Ask for `n` workers in all, unless that was refused just now."""
        if time.monotonic() - self._refused_at < REFUSED_SECONDS:
            return
        try:
            await super().scale_up(n)
        except RamonError as error:
            self._refused_at = time.monotonic()
            self.cluster.show_problem(str(error))
        else:
            self.cluster.show_problem("")


class Scaling(Life):
    """What changes how many workers there are.

    Workers that have not joined yet have no names here; `plan` names them "arriving-0" and so on.
    """

    def scale(self, n: int = 0, memory: str | int | None = None, cores: float | None = None) -> Any:
        """Have `n` workers, or as many as have that much memory or that many vCPUs in all.

        Workers that go first give their results to those that stay. Returns when the service has
        agreed; `wait_for_workers` waits until new ones have joined. Raises QuotaError, PlanError,
        BudgetError and ClusterStopped.
        """
        self.check()
        wanted = count(n, "n")
        if memory is not None:
            wanted = max(wanted, math.ceil(parse_bytes(memory) / self._memory_bytes))
        if cores is not None:
            wanted = max(wanted, math.ceil(cores / self._vcpu))
        if self.asynchronous:
            return asyncio.ensure_future(self._scale(wanted))
        return self.sync(self._scale, wanted)

    def adapt(  # noqa: PLR0913, PLR0917 - the arguments of Dask's own clusters
        self,
        Adaptive: type[DaskAdaptive] = Adaptive,  # noqa: N803 - Dask's name for it
        minimum: int = 0,
        maximum: float | None = None,
        minimum_cores: float | None = None,
        maximum_cores: float | None = None,
        minimum_memory: str | int | None = None,
        maximum_memory: str | int | None = None,
        **kwargs: Any,
    ) -> DaskAdaptive:
        """Have as many workers as the tasks need, from `minimum` to `maximum`.

        Every worker is charged, so without a maximum it is the number that is wanted now.
        The rest of the arguments are those of `dask.distributed.Adaptive`.
        """
        self.check()
        for cores, memory, most in (
            (minimum_cores, minimum_memory, False),
            (maximum_cores, maximum_memory, True),
        ):
            limits = self._workers_of(cores, memory, most=most)
            if limits and most:
                maximum = min([*limits, math.inf if maximum is None else maximum])
            elif limits:
                minimum = max([*limits, minimum])
        maximum = self._wanted if maximum is None else maximum
        if not maximum or maximum < minimum:
            raise InvalidValue(
                "Say how many workers there may be at most, like cluster.adapt(maximum=10): each "
                "of them is charged."
            )
        return super().adapt(Adaptive=Adaptive, minimum=minimum, maximum=maximum, **kwargs)

    async def scale_down(self, workers: Iterable[str]) -> None:
        """Let workers go that Dask's Adaptive chose and has retired; by name, as in `plan`."""
        chosen = set(workers)
        real = sorted(name for name in chosen if not name.startswith("arriving-"))
        left = max(0, self._alive - len(chosen))
        self._learn(await asyncio.to_thread(self._agent.scale, self.name, left, real))

    def show_problem(self, text: str) -> None:
        """Show what stands in the way of what was asked for; "" when nothing does any more."""
        self._problem = text
        self._show()

    @property
    def plan(self) -> set[str]:
        """Names of the workers that joined, and of places for those on their way."""
        observed: set[str] = self.observed
        return observed | {f"arriving-{at}" for at in range(self._alive - len(observed))}

    @property
    def requested(self) -> set[str]:
        """The same as `plan`: the service is asked at once."""
        return self.plan

    @property
    def _alive(self) -> int:
        """Workers that the service has, or makes."""
        if self.info is None:
            return 0
        return min(self.info.wanted, self.info.arriving + self.info.running)

    @property
    def _vcpu(self) -> int:
        return self.info.vcpu if self.info else 1

    @property
    def _memory_bytes(self) -> int:
        return (self.info.memory_gib if self.info else 1) * GIB

    def _workers_of(
        self, cores: float | None, memory: str | int | None, *, most: bool
    ) -> list[int]:
        rounded = math.floor if most else math.ceil
        limits = [] if cores is None else [rounded(cores / self._vcpu)]
        if memory is not None:
            limits.append(rounded(parse_bytes(memory) / self._memory_bytes))
        return limits

    async def _scale(self, wanted: int) -> None:
        await self._count_workers()
        excess = len(self.observed) - wanted
        retired = await self._retire(excess) if excess > 0 else []
        self._learn(await asyncio.to_thread(self._agent.scale, self.name, wanted, retired))
        await self._count_workers()

    async def _retire(self, excess: int) -> list[str]:
        """Have the scheduler empty and close `excess` workers; the names of those that it could."""
        names = await self.scheduler_comm.workers_to_close(n=excess, attribute="name")
        closed = await self.scheduler_comm.retire_workers(
            names=names, remove=True, close_workers=True
        )
        return [worker["name"] for worker in closed.values()]
