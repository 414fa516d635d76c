"""A kernel's messages, whatever order its channels deliver them in."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiohttp import web as server

from benchmarks import processes, web
from benchmarks.errors import BenchmarkError
from benchmarks.kernels import Jupyter, Kernel

Said = tuple[str, dict[str, Any]]

RESULT: Said = ("execute_result", {"data": {"text/plain": "2"}})
REPLY: Said = ("execute_reply", {"status": "ok"})
BUSY: Said = ("status", {"execution_state": "busy"})
IDLE: Said = ("status", {"execution_state": "idle"})
ERROR: Said = ("error", {"evalue": "division by zero"})


def run_two_cells(says: Sequence[Said]) -> list[str]:
    """The results of two cells on a kernel that says this for each of them."""

    async def channels(request: server.Request) -> server.WebSocketResponse:
        socket = server.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            asked = message.json()["header"]
            for kind, content in says:
                foreign = {"msg_type": kind, "content": content, "parent_header": {}}
                await socket.send_json(foreign)
                await socket.send_json(foreign | {"parent_header": asked})
        return socket

    async def work() -> list[str]:
        app = server.Application()
        app.router.add_get("/api/kernels/k/channels", channels)
        runner = server.AppRunner(app)
        await runner.setup()
        try:
            port = processes.free_port()
            await server.TCPSite(runner, "127.0.0.1", port).start()
            async with web.client() as http:
                jupyter = Jupyter(http, f"http://127.0.0.1:{port}", {})
                async with jupyter.connected("k") as kernel:
                    return [await cell(kernel) for _ in range(2)]
        finally:
            await runner.cleanup()

    return asyncio.run(work())


async def cell(kernel: Kernel) -> str:
    result = await kernel.execute("1+1")
    await kernel.settled()
    return result


@pytest.mark.parametrize(
    "says",
    [
        (BUSY, RESULT, REPLY, IDLE),
        (BUSY, REPLY, RESULT, IDLE),
        (REPLY, BUSY, RESULT, IDLE),
        (BUSY, RESULT, IDLE, REPLY),
    ],
)
def test_a_cell_is_settled_in_whatever_order_its_messages_come(says: Sequence[Said]) -> None:
    assert run_two_cells(says) == ["2", "2"]


def test_a_cell_that_fails_is_an_error() -> None:
    with pytest.raises(BenchmarkError, match="division by zero"):
        run_two_cells([BUSY, ERROR, REPLY, IDLE])
