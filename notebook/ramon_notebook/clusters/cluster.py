"""One live cluster: its scheduler, and what the service is told of it and wants of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ramon_notebook.clusters.api import ClusterApi
from ramon_notebook.clusters.process import SchedulerProcess
from ramon_notebook.environment.capture import Environment
from ramon_notebook.errors import AgentError, Gone, Refused

log = logging.getLogger(__name__)

REPORT_SECONDS = 10.0
"""The service ends a cluster that was not reported for 180 s, while it hears others."""

RETRY_SECONDS = 3.0
"""Seconds until the next try of a report that did not arrive."""

DEBOUNCE_SECONDS = 0.3
"""Workers that join together are reported together."""

OVER = frozenset({"stopped", "failed"})

Json = dict[str, Any]


@dataclass
class LiveCluster:
    """A cluster whose scheduler runs here.

    connection: how clients reach the scheduler; only ever given out over the agent's socket.
    environment: what workers are given. results: the file for results that are saved.
    closing: whether its scheduler is told to end its workers, and then itself.
    """

    cluster_id: str
    name: str
    connection: Json
    process: SchedulerProcess
    environment: Environment
    results: Path
    port: int
    closing: bool = False


class Reporter:
    """Keeps the service informed of one cluster until it is over, and does what it wants."""

    def __init__(self, api: ClusterApi, cluster: LiveCluster, on_gone: Callable[[], None]) -> None:
        self._api = api
        self._cluster = cluster
        self._on_gone = on_gone

    async def run(self) -> None:
        """Return when the cluster is over and its scheduler has ended."""
        wait = 0.0
        while True:
            await self._changed_or_after(wait)
            if not self._cluster.process.running:
                await self._lost()
                return
            try:
                if await self._report():
                    return
                wait = REPORT_SECONDS
            except Exception as error:  # one report, or what it wants, must not cost the results
                log.warning(
                    "Cluster %s could not be reported: %s",
                    self._cluster.name,
                    error,
                    exc_info=not isinstance(error, AgentError),
                )
                wait = RETRY_SECONDS

    async def _report(self) -> bool:
        """Report once and do what is wanted; True when there is nothing left to report."""
        try:
            wanted = await asyncio.to_thread(
                self._api.report, self._cluster.cluster_id, _written(self._cluster.process)
            )
        except Gone:
            self._on_gone()
            return True
        except Refused as error:
            if error.status != 404:
                raise
            log.warning("Cluster %s is not known any more.", self._cluster.name)
            await self._cluster.process.close()
            return True
        return await self._is_over(wanted)

    async def _changed_or_after(self, seconds: float) -> None:
        changed = self._cluster.process.changed
        try:
            await asyncio.wait_for(changed.wait(), seconds)
        except TimeoutError:
            return
        await asyncio.sleep(DEBOUNCE_SECONDS)
        changed.clear()

    async def _is_over(self, wanted: Json) -> bool:
        """Do what the service wants; True when the cluster ends."""
        if wanted["state"] not in ("stopping", *OVER):
            return False
        if wanted["state"] == "stopping" and wanted["save"]:
            await self._save()
        log.info("Cluster %s ends: %s", self._cluster.name, (wanted["stop"] or {}).get("reason"))
        await self._cluster.process.close()
        return True

    async def _save(self) -> None:
        cluster = self._cluster
        try:
            saved = await cluster.process.save(cluster.name, cluster.results)
            await asyncio.to_thread(
                self._api.saved, cluster.cluster_id, saved["results"], saved["bytes"]
            )
        except (AgentError, ConnectionError) as error:
            log.warning("Results of %s were not saved: %s", cluster.name, error)

    async def _lost(self) -> None:
        why = await self._cluster.process.how_it_ended()
        log.error("The scheduler of %s: %s", self._cluster.name, why)
        try:
            await asyncio.to_thread(self._api.stop, self._cluster.cluster_id, why)
        except AgentError as error:
            log.warning("Its cluster ends by itself, without a report: %s", error)


async def report_now(api: ClusterApi, cluster: LiveCluster) -> None:
    """Report once more before the end: who joined just now is shown as having run."""
    try:
        await asyncio.to_thread(api.report, cluster.cluster_id, _written(cluster.process))
    except AgentError as error:
        log.warning("Cluster %s could not be reported: %s", cluster.name, error)


def _written(process: SchedulerProcess) -> Json:
    """The scheduler's state as the service wants to know it."""
    state = process.status or {
        "joined": [],
        "paused": 0,
        "clients": 0,
        "active": False,
        "last_active_at": None,
        "tasks": {"waiting": 0, "processing": 0, "memory": 0, "erred": 0},
    }
    seconds = state["last_active_at"]
    moment = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return {**state, "last_active_at": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
