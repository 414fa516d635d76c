"""A cluster from its start to its end: Dask's `Cluster`, whose resource manager is the agent."""

# distributed ships its types, but few of its functions have any.
# mypy: allow-untyped-calls

from __future__ import annotations

import asyncio
import atexit
import time
import warnings
import weakref
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any, Self

from distributed.core import Status, rpc
from distributed.exceptions import WorkerStartTimeoutError
from distributed.security import Security

from ramon._agent import Agent, Connection, Found
from ramon._client import Client, explained
from ramon._ending import verdict
from ramon._known import Known
from ramon.errors import CapacityError, ClusterNotFound, RamonError

SETTLE_SECONDS = 10.0
"""How long the scheduler may take to read what was sent to it, before its client closes."""

Opening = Callable[[Agent], Found]
"""Starts a cluster, or finds one that runs."""

STOP_SECONDS = 120.0
"""How long `close` waits for the service to say that nothing runs any more."""


class Life(Known):
    """Starts or finds a cluster, watches it, and lets it stop.

    shutdown_on_close: whether `close` stops the workers, or only leaves them.
    """

    def __init__(  # noqa: PLR0913 - all by name, and only called from `Cluster`
        self,
        opening: Opening,
        *,
        name: str | None,
        shutdown_on_close: bool,
        wait_for: bool | int,
        timeout: float,
        asynchronous: bool,
        quiet: bool,
    ) -> None:
        self._opening = opening
        self.shutdown_on_close = shutdown_on_close
        self.security: Security | None = None
        self._wait_for, self._timeout = wait_for, timeout
        self._client: Client | None = None
        self._starting: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        super().__init__(name=name, asynchronous=asynchronous, quiet=quiet)
        _living.add(self)
        if not self.called_from_running_loop:
            self._start_here()

    # --- Start -------------------------------------------------------------------------------

    def _start_here(self) -> None:
        """Start from a thread that may wait, which Dask's loop in a thread of its own does not."""
        self._loop_runner.start()
        try:
            self.sync(self._start)
            self.get_client()
            self.sync(self._wait_at_start)
        except RamonError as error:
            self.close()
            raise error.with_traceback(None) from None  # of threads that nobody asked about
        except BaseException:
            self.close()
            raise

    async def _start(self) -> None:
        if self.status == Status.starting and self._starting:
            await asyncio.wait({self._starting})
        if self.status != Status.created:
            return
        self.status = Status.starting
        self._show()
        self._starting = asyncio.create_task(self._open())
        try:
            await self._starting
        except BaseException:
            if self.status == Status.starting:
                self.status = Status.failed
            raise
        self._watching = asyncio.create_task(self._watch())

    async def _open(self) -> None:
        asking = asyncio.create_task(asyncio.to_thread(self._opening, self._agent))
        try:
            found = await asyncio.shield(asking)
        except asyncio.CancelledError:
            # The service may have accepted it already: it must not be left running.
            self._learn(await asking)
            raise
        self._learn(found)
        stopped = verdict(found)
        if stopped or found.connection is None:
            raise stopped or ClusterNotFound(f"The cluster {self.name!r} can't be reached now.")
        self._connect(found.connection)
        await super()._start()
        self.name = found.info.name  # the scheduler may remember another object's words

    def _connect(self, connection: Connection) -> None:
        self._dashboard = connection.dashboard_url
        self.security = Security(
            tls_ca_file=connection.ca,
            tls_client_cert=connection.certificate,
            tls_client_key=connection.key,
            require_encryption=True,
        )
        arguments = self.security.get_connection_args("client")
        self.scheduler_comm = rpc(connection.address, connection_args=arguments)

    async def _wait_at_start(self) -> None:
        wanted = self._wanted if self._wait_for is True else int(self._wait_for)
        self._stage = "starting" if wanted else ""
        if wanted:
            try:
                await self._wait_for_workers(wanted, self._timeout)
            except WorkerStartTimeoutError:
                self._without_all(wanted)
        self._stage = ""
        self._show()

    def _without_all(self, wanted: int) -> None:
        joined = len(self.observed)
        problem = f" {self.info.problem.message}" if self.info and self.info.problem else ""
        said = f"{joined} of {wanted} workers joined within {self._timeout:.0f} s.{problem}"
        if not joined:
            raise CapacityError(f"{said} Try again later, or ask for other machines.")
        warnings.warn(f"{said} It goes on with these; the others join as they come.", stacklevel=2)

    def __await__(self) -> Generator[Any, Any, Self]:
        return self._started().__await__()

    async def _started(self) -> Self:
        if self.status == Status.created:
            try:
                await self._start()
                await self.get_client()
                await self._wait_at_start()
            except BaseException:
                await self._close()
                raise
        return self

    # --- Clients -----------------------------------------------------------------------------

    def get_client(self) -> Any:
        """A Dask client of this cluster, always the same: `distributed.Client`.

        In a coroutine it is to be awaited, as Dask's. Raises ClusterStopped.
        """
        self.check()
        if self._client is None or self._client.status in {"closing", "closed"}:
            self._client = Client(self, asynchronous=self.asynchronous)
        return self._client

    def wait_for_workers(self, n_workers: int | None = None, timeout: Any = None) -> Any:
        """Wait until `n_workers` have joined, all that are wanted by default.

        Raises ClusterStopped if it stops meanwhile, and Dask's WorkerStartTimeoutError after
        `timeout` (seconds, or like "5 minutes").
        """
        wanted = self._wanted if n_workers is None else n_workers
        if not wanted and n_workers is None:
            return self.sync(asyncio.sleep, 0)
        return super().wait_for_workers(wanted, timeout)

    async def _wait_for_workers(
        self,
        n_workers: int = 0,
        timeout: Any = None,  # noqa: ASYNC109 - Dask's signature
    ) -> None:
        joined = asyncio.create_task(super()._wait_for_workers(n_workers, timeout))
        ended = asyncio.create_task(self._ended.wait())
        try:
            await asyncio.wait({joined, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            joined.cancel()
        self.check()
        with suppress(asyncio.CancelledError):
            try:
                await joined
            except OSError as error:
                raise await asyncio.to_thread(explained, error, self) from None

    # --- End ---------------------------------------------------------------------------------

    def close(self, timeout: float | None = None) -> Any:
        """Leave the cluster, and stop it unless it was made to go on (`shutdown_on_close=False`).

        Returns when the service says that it has stopped: no worker runs and nothing is charged.
        """
        closing = super().close(timeout)
        if not self.asynchronous:
            self._loop_runner.stop()
        return closing

    async def _close(self) -> None:
        if self._closing is None:
            self._closing = asyncio.create_task(self._end())
        await asyncio.shield(self._closing)

    async def _end(self) -> None:
        self.status = Status.closing
        self._stage = "stopping" if self.shutdown_on_close and self.info else ""
        if self._starting is not None and not self._starting.done():
            if not self._starting.cancelling():
                self._starting.cancel()
            await asyncio.wait({self._starting})
        if self._client is not None:
            await self._tell_all(self._client)
            await self._client._close()  # noqa: SLF001 - as Dask's own clusters do
        if self.shutdown_on_close:
            await self._stop()
        await self._unwatch()
        await super()._close()
        self._stage = "left; it goes on" if self.info else "not started"
        self._show()
        self._display.close()

    async def _tell_all(self, client: Client) -> None:
        """Let the scheduler know all before its client goes: it keeps what that still wanted."""
        with suppress(TimeoutError, OSError, RamonError):
            async with asyncio.timeout(SETTLE_SECONDS if client.status == "running" else 0):
                await self._settle()
                await client.heard()

    async def _settle(self) -> None:
        """Cancel what nobody asks for any more."""

    async def _stop(self) -> None:
        """Have it stopped, and wait until it has. A cluster that never started needs nothing."""
        if self.info is None or self._over:
            return
        try:
            self._learn(await asyncio.to_thread(self._agent.close, self.name))
            await self._until_over()
        except ClusterNotFound:
            return
        except RamonError as error:
            self._not_stopped(str(error))

    async def _until_over(self) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        while not self._over:
            if time.monotonic() > deadline:
                self._not_stopped(f"It did not end within {STOP_SECONDS:.0f} s.")
                return
            self._show()
            await asyncio.sleep(0.2)
            await self._ask()

    def leave_at_exit(self) -> None:
        """Hang up before the process drops what it holds: that would give up its results."""
        client = self._client
        if client is not None and client.status == "running" and not self.asynchronous:
            with suppress(TimeoutError, RuntimeError):  # as Dask does with its newest at this time
                client.close(timeout=3)

    def stop_at_exit(self) -> None:
        """Have it stopped because the process ends, if that was to stop it."""
        if self.shutdown_on_close and self.status == Status.running:
            with suppress(RamonError):
                self._agent.close(self.name)

    def _not_stopped(self, why: str) -> None:
        warnings.warn(
            f"Nobody confirmed that the cluster {self.name!r} stopped. {why} The service stops "
            "what no notebook asks for within two minutes; ramon.clusters() shows what still runs.",
            stacklevel=2,
        )

    async def _unwatch(self) -> None:
        self._ended.set()
        if self._watching:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching


_living: weakref.WeakSet[Life] = weakref.WeakSet()


@atexit.register
def _stop_at_exit() -> None:
    """Have clusters stopped that end with this process; it does not wait until they have."""
    living = list(_living)
    for cluster in living:
        cluster.leave_at_exit()
    for cluster in living:
        cluster.stop_at_exit()
