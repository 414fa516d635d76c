"""The process of one cluster's scheduler: `python -m ramon_notebook.clusters.scheduler`.

It runs in the overlay, because graphs are unpickled here, and it ends with the agent, whose
standard input and output it shares: JSON, a line a message. The first line is its settings
(`Settings`); then come orders, each answered in turn:

{"do": "save", "name", "target"} → {"saved": {"results", "bytes"}}
{"do": "renew"}                  → {"renewed": how many workers get the new environment}
{"do": "close"}                  → the workers are ended, then the scheduler

What could not be done is answered by {"failed": why}.

By itself it writes {"listening": address} once, and {"status": …} (see `KeepingScheduler`)
whenever workers or clients came or went, and every few seconds.
"""

# Dask's classes are partly untyped.
# mypy: allow-untyped-calls

from __future__ import annotations

import asyncio
import ctypes
import json
import logging
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dask
from distributed import Security

from ramon_notebook.clusters.code import CodeScheduler
from ramon_notebook.environment.overlay import Overlay
from ramon_notebook.environment.source import Source
from ramon_notebook.environment.versions import Versions

log = logging.getLogger(__name__)

STATUS_SECONDS = 2.0
"""Longest time between two statuses."""

GATHER_SECONDS = 0.1
"""Shortest time between two: workers that join together are told of together."""

DASHBOARD_DELAY = 1.0
"""Seconds until the dashboard is imported, so that workers need not wait for that."""

END_SECONDS = 5.0
"""Seconds for workers to end in order before the scheduler just goes away."""

MOST_LINE = 1 << 22

EXIT_ALONE = 1
"""The exit code after the agent's death, which is followed by a SIGKILL within moments."""


@dataclass(frozen=True)
class Settings:
    """What a scheduler is told.

    host, port: to listen on; contact: the address for workers; dashboard_port: on 127.0.0.1.
    origin: host and port under which a browser sees the dashboard.
    ca, certificate, key: PEM. workspace: where the user's modules are; folder: where the
    kernel's notebook lies.
    """

    host: str
    port: int
    contact: str
    dashboard_port: int
    origin: str
    ca: str
    certificate: str
    key: str = field(repr=False)
    workspace: str
    folder: str | None = None


class Agent:
    """The other end of standard input and output; whatever prints goes to the log instead."""

    def __init__(self) -> None:
        self._output = os.fdopen(os.dup(1), "wb", buffering=0)
        self._input = os.fdopen(os.dup(0), "rb")
        os.dup2(2, 1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def tell(self, **message: Any) -> None:
        """Send one message."""
        self._output.write(json.dumps(message).encode() + b"\n")

    def first(self) -> dict[str, Any]:
        """Wait for the first message."""
        parsed: dict[str, Any] = json.loads(self._input.readline())
        return parsed

    async def orders(self) -> AsyncIterator[dict[str, Any]]:
        """The messages after the first, until the agent is gone."""
        reader = asyncio.StreamReader(MOST_LINE)
        protocol = asyncio.StreamReaderProtocol(reader)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, self._input)
        while line := await reader.readline():
            yield json.loads(line)


def main() -> None:
    """Serve one cluster until told to close, or until the agent is gone."""
    _end_with_parent()
    agent = Agent()
    settings = Settings(**agent.first())
    with tempfile.TemporaryDirectory(prefix="ramon-code-") as folder:
        asyncio.run(serve(settings, agent, Versions(Path(folder))))
    os._exit(0)  # or threads that are importing something would be waited for


async def serve(settings: Settings, agent: Agent, versions: Versions) -> None:
    """Run the scheduler and do what the agent orders."""
    dask.config.set({DASHBOARD_ORIGINS: [settings.origin]})
    security = Security(
        require_encryption=True,
        tls_ca_file=settings.ca,
        **{
            f"tls_{role}_{part}": value
            for role in ("scheduler", "worker", "client")
            for part, value in (("cert", settings.certificate), ("key", settings.key))
        },
    )
    overlay, workspace = Overlay(Path(sys.prefix)), Path(settings.workspace)
    scheduler = CodeScheduler(
        Source.beside(settings.folder, overlay, workspace),
        versions,
        protocol="tls",
        host=settings.host,
        port=settings.port,
        contact_address=settings.contact,
        security=security,
        dashboard=False,  # comes when the scheduler is at work already
        dashboard_address=f"127.0.0.1:{settings.dashboard_port}",
    )
    async with scheduler:
        agent.tell(listening=scheduler.contact_address)
        helpers = [
            asyncio.create_task(_report(scheduler, agent)),
            asyncio.create_task(_add_dashboard(scheduler)),
        ]
        async for order in agent.orders():
            if order["do"] == "close":
                await scheduler.end_workers(END_SECONDS)
                break
            await _obey(order, scheduler, agent)
        else:
            # The agent died. Closing in order would tell the workers that they were let go.
            os._exit(EXIT_ALONE)
        for helper in helpers:
            helper.cancel()


DASHBOARD_ORIGINS = "distributed.scheduler.dashboard.bokeh-application.allow_websocket_origin"


async def _obey(order: dict[str, Any], scheduler: CodeScheduler, agent: Agent) -> None:
    """Do it and answer. An order that fails must not end what holds everybody's results."""
    try:
        if order["do"] == "save":
            from ramon_notebook.clusters.saving import save_results

            saved = await save_results(scheduler, order["name"], Path(order["target"]))
            agent.tell(saved=saved)
        elif order["do"] == "renew":
            agent.tell(renewed=await scheduler.renew_workers())
    except Exception as error:  # a full disk, a user's class, a lost worker
        log.exception("What the agent wanted could not be done: %s", order["do"])
        agent.tell(failed=str(error) or type(error).__name__)


async def _report(scheduler: CodeScheduler, agent: Agent) -> None:
    while True:
        agent.tell(status=scheduler.report_of_state())
        scheduler.changed.clear()
        await asyncio.sleep(GATHER_SECONDS)
        try:
            await asyncio.wait_for(scheduler.changed.wait(), STATUS_SECONDS)
        except TimeoutError:
            continue


async def _add_dashboard(scheduler: CodeScheduler) -> None:
    """Add the pages of the dashboard to the running HTTP server; bokeh takes a second to import."""
    await asyncio.sleep(DASHBOARD_DELAY)
    try:
        dashboard = await asyncio.to_thread(_import_dashboard)
    except ImportError as error:
        log.warning("There is no dashboard: %s", error)
        return
    dashboard.connect(scheduler.http_application, scheduler.http_server, scheduler, prefix="/")


def _import_dashboard() -> Any:
    import distributed.dashboard.scheduler

    return distributed.dashboard.scheduler


def _end_with_parent() -> None:
    """Be killed when the agent dies, even while something keeps the event loop busy."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)


if __name__ == "__main__":
    main()
