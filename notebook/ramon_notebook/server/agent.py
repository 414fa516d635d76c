"""The agent: boot, restore, tickets, snapshots and heartbeat beside a running Jupyter Server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from ramon_notebook.clusters.manager import Clusters
from ramon_notebook.environment.overlay import Overlay
from ramon_notebook.environment.restoring import PackageKeeper
from ramon_notebook.errors import AgentError, Gone
from ramon_notebook.server.activity import Activity, Use
from ramon_notebook.server.heartbeat import report
from ramon_notebook.server.identity import TicketIdentityProvider
from ramon_notebook.settings import PORT, Settings
from ramon_notebook.startup import Startup, Workspace
from ramon_notebook.workspace.cadence import Cadence
from ramon_notebook.workspace.ignore import IgnoreRules
from ramon_notebook.workspace.keeper import Keeper
from ramon_notebook.workspace.watcher import Watcher

log = logging.getLogger(__name__)

READY_PATIENCE = 60
"""Seconds for which the ready call is repeated before the start has failed."""

EXIT_STOPPED = 0
EXIT_NOT_BOOTED = 70
EXIT_NOT_FLUSHED = 75


class Agent:
    """What the service knows of this server, and the server of the service.

    stop: stops the server; the agent calls it when the service wants it gone.
    sign_with: called with the notebook's key for signing outputs, once it is known.
    use: tells what goes on now.
    """

    def __init__(
        self,
        settings: Settings,
        startup: Startup,
        identity: TicketIdentityProvider,
        *,
        stop: Callable[[], None],
        sign_with: Callable[[bytes], None],
        use: Callable[[], Use],
    ) -> None:
        self.activity = Activity()
        self.identity = identity
        self.exit_code = EXIT_STOPPED
        self.keeper: Keeper | None = None
        self.packages = PackageKeeper(Overlay(settings.overlay), settings.workspace)
        self.clusters = Clusters(settings, startup.api, on_gone=stop)
        self._settings = settings
        self._startup = startup
        self._stop = stop
        self._sign_with = sign_with
        self._use = use
        self._watcher: Watcher | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Go on with the start in the running event loop."""
        self._spawn(self._start())

    async def redeem(self, ticket: str) -> dict[str, Any]:
        """The account of a one-use ticket. Raises Refused, Unavailable or Gone."""
        await asyncio.shield(asyncio.wrap_future(self._startup.restored))
        return await asyncio.to_thread(self._startup.api.redeem, ticket)

    async def started_clusters(self) -> Clusters:
        """This notebook's clusters, once its files are there: workers get the modules."""
        await asyncio.shield(asyncio.wrap_future(self._startup.restored))
        return self.clusters

    def first_page(self) -> str:
        """Where somebody who enters is led: to the only notebook there is, or to JupyterLab."""
        notebooks = list(self._settings.workspace.glob("*.ipynb"))
        return f"/lab/tree/{quote(notebooks[0].name)}" if len(notebooks) == 1 else "/lab"

    @property
    def last_steps(self) -> tuple[Callable[[], Coroutine[Any, Any, None]], ...]:
        """What is done when the kernels have ended; each step, whatever becomes of those before."""
        return self._end_work, self._list_packages, self._save_files

    async def _end_work(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.clusters.finish()

    async def _list_packages(self) -> None:
        await asyncio.to_thread(self.packages.finish)

    async def _save_files(self) -> None:
        """Save everything for the last time."""
        if self._watcher:
            self._watcher.stop()
        if self.keeper is None:
            return
        if not await asyncio.to_thread(self._flushed, self.keeper):
            log.error("The workspace is not saved completely: %s", self.keeper.status.error)
            self.exit_code = EXIT_NOT_FLUSHED

    def _flushed(self, keeper: Keeper) -> bool:
        """Save until it is done: the task is killed 120 s after it was asked to stop, not before.

        A service that is away for a part of that time costs nothing.
        """
        try:
            return keeper.flush()
        except Gone:
            return keeper.status.pending_files == 0

    async def _start(self) -> None:
        try:
            boot = await asyncio.wrap_future(self._startup.booted)
            self.identity.open_url = self._open_url(boot.notebook_id)
            workspace = await asyncio.wrap_future(self._startup.restored)
            self._sign_with(boot.signing_key)
            keeper = self._keep(workspace)
            await asyncio.to_thread(self.packages.prepare)
            await asyncio.to_thread(self._startup.api.ready, PORT, patience=READY_PATIENCE)
        except Exception:  # whatever it was, this server can't serve
            log.exception("The notebook could not be started.")
            self.exit_code = EXIT_NOT_BOOTED
            self._stop()
            return
        log.info("Ready: %s.", boot.notebook_id)
        self.packages.begin()
        self._spawn(self._beat(keeper, boot.heartbeat_seconds))

    def _open_url(self, notebook_id: str) -> str:
        return f"{self._settings.app_origin}/notebooks/{notebook_id}/open"

    def _keep(self, workspace: Workspace) -> Keeper:
        root, loop = self._settings.workspace, asyncio.get_running_loop()
        rules = IgnoreRules(root)

        def gone() -> None:
            loop.call_soon_threadsafe(self._stop)

        cadence = Cadence(self._settings.save_seconds)
        self.keeper = Keeper(root, workspace.committer, workspace.index, rules, gone, cadence)
        self._watcher = Watcher(root, rules, self.keeper.notice)
        self._watcher.start()
        self.keeper.start()
        return self.keeper

    async def _beat(self, keeper: Keeper, seconds: float) -> None:
        while True:
            status = keeper.status
            body = await asyncio.to_thread(
                report, self.activity, self._use(), status, self._settings.memory_bytes
            )
            body["clusters"] = self.clusters.count
            body["packages"] = self.packages.progress.to_json()
            try:
                await asyncio.to_thread(self._startup.api.heartbeat, body)
            except Gone as error:
                log.warning("Stopping: %s", error)
                self._stop()
                return
            except AgentError as error:
                log.warning("The heartbeat did not arrive, and will be tried again: %s", error)
            await asyncio.sleep(seconds)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
