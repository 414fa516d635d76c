"""The least that an echo over a WebSocket can take here: nothing behind it."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import ClientSession, web

from benchmarks.errors import BenchmarkError
from benchmarks.processes import free_port

TEXT = "." * 500
"""About as long as the message that asks for a cell."""


@asynccontextmanager
async def running(http: ClientSession) -> AsyncIterator[Callable[[], Awaitable[float]]]:
    """A WebSocket of this process; gives the function that sends a text and times its echo."""
    port = free_port()
    app = web.Application()
    app.router.add_get("/", _send_back)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        async with http.ws_connect(f"http://127.0.0.1:{port}/") as socket:

            async def echo() -> float:
                began = time.perf_counter()
                await socket.send_str(TEXT)
                if await socket.receive_str() != TEXT:
                    raise BenchmarkError("The bare WebSocket sent back something else.")
                return time.perf_counter() - began

            yield echo
    finally:
        await runner.cleanup()


async def _send_back(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data)
    return socket
