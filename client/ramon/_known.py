"""What is known of a cluster, from the agent: its state, its cost, and why it stopped."""

# distributed ships its types, but few of its functions have any.
# mypy: allow-untyped-calls

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

from distributed.core import Status
from distributed.deploy.cluster import Cluster as DaskCluster
from distributed.objects import SchedulerInfo
from distributed.utils import Log, Logs

from ramon._agent import Agent, Found
from ramon._ending import verdict
from ramon.errors import ClusterNotFound, ClusterStopped, RamonError, ServiceUnavailable
from ramon.info import ClusterInfo, Cost
from ramon.progress import display
from ramon.progress.view import View

TICK_SECONDS = 1.0
"""How often what is shown is renewed."""

ASK_SECONDS = 5.0
"""How often the agent is asked about a cluster that simply runs; otherwise at every tick."""


class Known(DaskCluster):
    """Dask's cluster, with what the agent tells of it.

    info: what the service last said; None before it said anything.
    """

    info: ClusterInfo | None = None
    shutdown_on_close: bool
    scheduler_comm: Any

    def __init__(self, *, name: str | None, asynchronous: bool, quiet: bool) -> None:
        self._agent = Agent.here()
        self._found: Found | None = None
        self._asked_at = 0.0
        self._ended = asyncio.Event()
        self._stage, self._problem, self._dashboard = "preparing", "", ""
        super().__init__(asynchronous=asynchronous, quiet=True, name=name or "")
        self._display = display.choose(quiet=quiet, stop=lambda: self._agent.stop(self.name))

    @property
    def _wanted(self) -> int:
        return self.info.wanted if self.info else 0

    @property
    def _over(self) -> bool:
        """Whether the service said that nothing of it runs any more."""
        return self.info is not None and self.info.ended

    @property
    def cost(self) -> Cost:
        """What it cost so far, and costs an hour now, in US dollars, as the service counts."""
        if not self.asynchronous:
            with suppress(ServiceUnavailable):
                self._learn(self._agent.find(self.name))
        if self.info is None:
            raise ClusterNotFound("This cluster has not started.")
        return Cost(self.info.spent_usd, self.info.now_usd_hour, self.info.budget_usd)

    @property
    def dashboard_link(self) -> str:
        """The address of Dask's dashboard, for the browser that this notebook is open in."""
        return self._dashboard

    def check(self) -> None:
        """Raise ClusterStopped, with the reason, unless the cluster can be used."""
        stopped = self._stopped() or self._left()
        if stopped:
            raise stopped

    def _stopped(self) -> RamonError | None:
        """Why the service says that it stopped; None if it did not, as far as is known."""
        return verdict(self._found) if self._found else None

    def _left(self) -> RamonError | None:
        """That this object was closed, whatever becomes of the cluster; None if it was not."""
        if self.status not in {Status.closing, Status.closed, Status.failed}:
            return None
        then = "Start another with ramon.Cluster()."
        if not self.shutdown_on_close:
            then = f"If it still runs, ramon.Cluster.from_name({self.name!r}) connects to it again."
        return ClusterStopped(f"The cluster {self.name!r} was closed here. {then}", reason="closed")

    def why_stopped(self, patience: float = 0) -> RamonError | None:
        """Ask the agent, for `patience` seconds, why this cluster can't be used; None if it can."""
        deadline = time.monotonic() + patience
        while True:
            with suppress(RamonError):
                self._learn(self._agent.find(self.name))
            stopped = self._stopped()
            if stopped or time.monotonic() >= deadline:
                return stopped or self._left()
            time.sleep(0.25)

    def _learn(self, found: Found | ClusterInfo) -> None:
        if isinstance(found, ClusterInfo):
            found = replace(self._found, info=found) if self._found else Found(found)
        self._found, self.info = found, found.info
        self.name = found.info.name
        self._asked_at = time.monotonic()

    async def _ask(self) -> None:
        with suppress(ServiceUnavailable):
            self._learn(await asyncio.to_thread(self._agent.find, self.name))

    async def _watch(self) -> None:
        """Renew what is known and shown, until nothing of it runs any more."""
        while not self._over:
            simply_runs = self.info and self.info.state == "running" and not self._stage
            asks = not simply_runs or time.monotonic() - self._asked_at > ASK_SECONDS
            if asks:
                with suppress(RamonError):  # the next tick asks again, whatever was wrong
                    await self._ask()
            if self._stopped():
                self._ended.set()  # its scheduler may be gone
            elif asks and self.info and self.info.running != len(self.observed):
                await self._count_workers()
            self._show()
            if not self._over:
                await asyncio.sleep(TICK_SECONDS)
        self._ended.set()  # others ask too, and may have heard of the end first

    async def _count_workers(self) -> None:
        """Ask the scheduler which workers there are.

        It tells that by itself too, but only to the newest of several objects of one cluster.
        """
        with suppress(OSError):
            async with asyncio.timeout(ASK_SECONDS):  # Dask would try for 30 s to connect
                self.scheduler_info = SchedulerInfo(await self.scheduler_comm.identity())

    def _update_worker_status(self, op: str, msg: Any) -> None:
        if op != "remove" or msg in self.scheduler_info["workers"]:
            super()._update_worker_status(op, msg)

    def _show(self) -> None:
        self._display.show(self._view())

    def _view(self) -> View:
        info = self.info
        problem = info.problem if info else None
        if info and info.stop:
            asked_for = info.stop.code in {"closed", "user"}
            problem = None if asked_for else info.stop
        return View(
            name=self.name,
            stage="" if info and (info.ended or info.stop) else self._stage,
            info=info,
            workers=len(self.scheduler_info["workers"]),
            wanted=self._wanted,
            dashboard=self.dashboard_link,
            problem=problem.message if problem else self._problem,
        )

    def _repr_html_(self, _cluster_status: str | None = None) -> str:
        return self._view().html()

    def _ipython_display_(self, **_kwargs: Any) -> None:
        """Show it here, in the cell that names it, and keep it up to date wherever it is shown."""
        if not self._display.show_here():
            self._display = display.choose(quiet=False, stop=lambda: self._agent.stop(self.name))
        self._show()

    async def _get_logs(
        self,
        cluster: bool = True,
        scheduler: bool = True,
        workers: bool | list[str] = True,
    ) -> Any:
        live = self.status == Status.running and not self._ended.is_set()
        logs = await super()._get_logs(cluster, scheduler, workers) if live else Logs()
        if cluster:
            said = await asyncio.to_thread(self._agent.logs, self.name)
            logs["Cluster"] = Log("\n".join(said))
        return logs
