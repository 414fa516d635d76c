"""All clusters of this notebook, as kernels ask for them."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ramon_notebook.api import AgentApi
from ramon_notebook.clusters.addresses import Addresses, choose
from ramon_notebook.clusters.api import ClusterApi
from ramon_notebook.clusters.certificates import Certificates
from ramon_notebook.clusters.cluster import OVER, LiveCluster, Reporter, report_now
from ramon_notebook.clusters.process import SchedulerProcess
from ramon_notebook.environment.capture import Environment, capture
from ramon_notebook.environment.overlay import Overlay
from ramon_notebook.errors import AgentError, Refused
from ramon_notebook.settings import Settings
from ramon_notebook.workspace.transfer import BlobStore

log = logging.getLogger(__name__)

RESULTS = ".ramon-results"
"""The folder of the workspace for results that were saved."""

Json = dict[str, Any]


class Clusters:
    """Starts, finds and ends this notebook's clusters. To be used in the server's event loop.

    Every method raises AgentError: what the service said is the kernel's to read. `on_gone` is
    called when the service no longer wants this server.
    """

    def __init__(self, settings: Settings, api: AgentApi, on_gone: Callable[[], None]) -> None:
        self._settings = settings
        self._agent_api = api
        self._api = ClusterApi(api)
        self._store = BlobStore(api)
        self._overlay = Overlay(settings.overlay)
        self._on_gone = on_gone
        self._live: dict[str, LiveCluster] = {}
        self._reporters: dict[str, asyncio.Task[None]] = {}
        self._ports: set[int] = set()

    @property
    def count(self) -> int:
        """How many clusters live."""
        return len(self._live)

    def live(self) -> list[Json]:
        """The clusters whose schedulers run here: id, name, connection, workers that joined."""
        return [
            {
                "cluster_id": live.cluster_id,
                "name": live.name,
                "connection": live.connection,
                "workers": len(live.process.status["joined"]) if live.process.status else 0,
            }
            for live in self._live.values()
        ]

    async def create(self, request: Json) -> Json:
        """Start a cluster: it, and how to connect to it. It has no workers yet."""
        name = request.get("name") or f"cluster-{secrets.token_hex(3)}"
        folder = request.pop("folder", None)
        addresses = await asyncio.to_thread(choose, self._settings.bind_address, self._ports)
        self._ports.add(addresses.port)
        try:
            live, cluster = await self._start(name, request, folder, addresses)
        except BaseException:
            self._ports.discard(addresses.port)
            raise
        self._live[live.name] = live
        self._reporters[live.name] = asyncio.create_task(self._report(live))
        return {"cluster": cluster, "connection": live.connection}

    async def items(self) -> list[Json]:
        """Every cluster of this notebook, newest first."""
        return await asyncio.to_thread(self._api.newest)

    async def get(self, name: str) -> Json:
        """A cluster, how to connect to it if it lives, and where its saved results are."""
        cluster = await self._newest(name)
        live, saved = self._live.get(name), self._results(name)
        mine = live and live.cluster_id == cluster["id"] and cluster["state"] not in OVER
        return {
            "cluster": cluster,
            "connection": live.connection if live and mine else None,
            "saved_file": str(saved) if saved.exists() else None,
        }

    async def scale(self, name: str, workers: int, retire: list[str]) -> Json:
        """Have so many workers."""
        cluster = await self._newest(name)
        return {"cluster": await asyncio.to_thread(self._api.scale, cluster["id"], workers, retire)}

    async def close(self, name: str, *, by_person: bool = False) -> Json:
        """End a cluster because code has closed it, or a person stopped it.

        Its workers end at once.
        """
        cluster = await self._newest(name)
        live = self._live.get(name)
        mine = live if live and live.cluster_id == cluster["id"] else None
        if mine:
            await report_now(self._api, mine)
        if cluster["state"] not in OVER:
            stop = partial(self._api.stop, cluster["id"], by_person=by_person)
            cluster = await asyncio.to_thread(stop)
        if mine:
            await self._end(mine)
        return {"cluster": cluster}

    async def changes(self, name: str, folder: str | None) -> list[str]:
        """What differs now from what this cluster's workers were given."""
        live = self._known(name)
        now = await self._capture(folder)
        return await asyncio.to_thread(now.changes_since, live.environment)

    async def renew(self, name: str, folder: str | None) -> list[str]:
        """Give the workers what is there now; they start again. What differs then: nothing."""
        live = self._known(name)
        environment = await self._capture(folder)
        await asyncio.to_thread(environment.upload, self._agent_api, self._store)
        await asyncio.to_thread(self._api.renew, live.cluster_id, environment.to_json())
        live.environment = environment
        try:
            await live.process.renew()
        except ConnectionError as error:
            raise Refused(409, "conflict", f"{name} has just ended.", {}) from error
        return []

    async def logs(self, name: str, worker: str | None, cursor: str | None) -> Json:
        """What the workers wrote, a page of it."""
        cluster = await self._newest(name)
        return await asyncio.to_thread(self._api.logs, cluster["id"], worker, cursor)

    async def usage(self) -> Json:
        """What this month has cost until now."""
        return await asyncio.to_thread(self._api.usage)

    async def finish(self) -> None:
        """End every scheduler: the notebook stops, and the service stops its clusters."""
        await asyncio.gather(*(self._end(live) for live in list(self._live.values())))

    async def _start(
        self, name: str, request: Json, folder: str | None, addresses: Addresses
    ) -> tuple[LiveCluster, Json]:
        """Capture the environment, and start the scheduler while the service is asked."""
        certificates = await asyncio.to_thread(Certificates.make)
        process = await self._scheduler(addresses, certificates, folder)
        try:
            environment = await self._capture(folder)
            await asyncio.to_thread(environment.upload, self._agent_api, self._store)
            body = self._body(name, request, addresses, certificates, environment)
            cluster = await asyncio.to_thread(self._api.create, body)
        except BaseException:
            process.kill()
            raise
        connection = {
            "address": addresses.contact,
            "ca": certificates.ca,
            "certificate": certificates.certificate,
            "key": certificates.key,
            "dashboard_url": f"{self._settings.notebook_origin}{_dashboard(addresses)}",
        }
        live = LiveCluster(
            cluster_id=cluster["id"],
            name=cluster["name"],
            connection=connection,
            process=process,
            environment=environment,
            results=self._results(cluster["name"]),
            port=addresses.port,
        )
        try:
            await process.wait_until_it_listens()
        except Refused:
            await asyncio.to_thread(self._api.stop, cluster["id"])
            raise
        return live, cluster

    async def _scheduler(
        self, addresses: Addresses, certificates: Certificates, folder: str | None
    ) -> SchedulerProcess:
        settings = {
            "host": addresses.host,
            "port": addresses.port,
            "contact": addresses.contact,
            "dashboard_port": addresses.dashboard_port,
            "origin": self._settings.notebook_host,
            "ca": certificates.ca,
            "certificate": certificates.certificate,
            "key": certificates.key,
            "workspace": str(self._settings.workspace),
            "folder": folder,
        }
        return await SchedulerProcess.start(
            self._overlay.python, settings, self._settings.workspace
        )

    def _body(
        self,
        name: str,
        request: Json,
        addresses: Addresses,
        certificates: Certificates,
        environment: Environment,
    ) -> Json:
        scheduler = {
            "address": addresses.contact,
            "ca": certificates.ca,
            "certificate": certificates.certificate,
            "key": certificates.key,
        }
        return {
            **request,
            "name": name,
            "scheduler": scheduler,
            "dashboard_path": _dashboard(addresses),
            "environment": environment.to_json(),
        }

    async def _capture(self, folder: str | None) -> Environment:
        return await asyncio.to_thread(capture, self._overlay, self._settings.workspace, folder)

    async def _report(self, live: LiveCluster) -> None:
        """Report a cluster until it is over, then forget it."""
        try:
            await Reporter(self._api, live, self._on_gone).run()
        finally:
            if not live.closing:
                live.process.kill()
            self._ports.discard(live.port)
            if self._live.get(live.name) is live:
                del self._live[live.name], self._reporters[live.name]

    async def _end(self, live: LiveCluster) -> None:
        reporter = self._reporters.get(live.name)
        if reporter is None:
            return  # it has just ended by itself
        live.closing = True
        reporter.cancel()
        await live.process.close()
        await asyncio.wait([reporter])

    async def _newest(self, name: str) -> Json:
        """The cluster of this name: asked for every few seconds while it lives, by its id then."""
        live = self._live.get(name)
        if live:
            return await asyncio.to_thread(self._api.read, live.cluster_id)
        found = await asyncio.to_thread(self._api.newest, name)
        if not found:
            raise _unknown(name)
        return found[0]

    def _known(self, name: str) -> LiveCluster:
        live = self._live.get(name)
        if live is None:
            raise _unknown(name)
        return live

    def _results(self, name: str) -> Path:
        return self._settings.workspace / RESULTS / f"{name}.pkl"


def _dashboard(addresses: Addresses) -> str:
    """The path of the dashboard on the notebook's origin, by jupyter-server-proxy."""
    return f"/proxy/{addresses.dashboard_port}/status"


def _unknown(name: str) -> AgentError:
    return Refused(
        404,
        "not_found",
        f"No cluster named {name} runs in this notebook. Start one with "
        f'ramon.Cluster(name="{name}").',
        {},
    )
