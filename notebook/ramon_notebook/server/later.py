"""Server extensions that nobody needs in the first seconds, and that take as long to import."""

from __future__ import annotations

import asyncio
import importlib
import logging

from jupyter_server.serverapp import ServerApp

log = logging.getLogger(__name__)

EXTENSIONS = ("jupyter_resource_usage", "jupyter_server_proxy")

WAIT = 2.0
"""Seconds after the server is up: a first cell may have run by then, a page hardly."""


async def load_later(server: ServerApp) -> None:
    """Import the extensions beside the running server, then register their handlers."""
    await asyncio.sleep(WAIT)
    for name in EXTENSIONS:
        try:
            extension = await asyncio.to_thread(importlib.import_module, name)
        except ImportError as error:
            log.warning("%s is not there: %s", name, error)
            continue
        extension.load_jupyter_server_extension(server)
