"""A kernel of a Jupyter server, used as JupyterLab uses it: over the server's WebSocket."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from benchmarks.errors import BenchmarkError

ANSWER_SECONDS = 120.0
"""Longest wait for a message of a kernel."""


@dataclass(frozen=True)
class Jupyter:
    """A Jupyter server that answers, and what lets one in."""

    http: ClientSession
    origin: str
    headers: dict[str, str]

    async def answers(self) -> bool:
        """Whether it serves requests."""
        async with self.http.get(f"{self.origin}/api", headers=self.headers) as answer:
            return answer.status == 200

    async def start_kernel(self) -> str:
        """Start a Python kernel; answers its id."""
        async with self.http.post(
            f"{self.origin}/api/kernels", headers=self.headers, json={"name": "python3"}
        ) as answer:
            if answer.status != 201:
                text = (await answer.text())[:500]
                raise BenchmarkError(f"No kernel was started: {answer.status} {text}")
            kernel_id: str = (await answer.json())["id"]
            return kernel_id

    @asynccontextmanager
    async def connected(self, kernel_id: str) -> AsyncIterator["Kernel"]:
        """The kernel's WebSocket, closed with the block."""
        address = f"{self.origin}/api/kernels/{kernel_id}/channels"
        async with self.http.ws_connect(address, headers=self.headers, max_msg_size=0) as socket:
            yield Kernel(socket)


class Kernel:
    """A connection to one kernel, on which one cell is run at a time."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._session = uuid.uuid4().hex
        self._running = ""
        self._missing: set[str] = set()

    async def execute(self, code: str) -> str:
        """Run a cell; answers its result's text when that has arrived. See `settled`."""
        self._running = uuid.uuid4().hex
        self._missing = {"execute_reply", "idle"}
        await self._socket.send_str(json.dumps(self._request(code)))
        while True:
            message = await self._next_message()
            if message["msg_type"] == "error":
                raise BenchmarkError(f"The cell failed: {message['content']['evalue']}")
            if message["msg_type"] == "execute_result":
                text: str = message["content"]["data"]["text/plain"]
                return text

    async def settled(self) -> None:
        """Wait until the kernel has said everything of that cell: its reply, and that it is idle.

        JupyterLab sends the next cell then.
        """
        while self._missing:
            await self._next_message()

    async def _next_message(self) -> dict[str, Any]:
        """The next message that answers the running cell; several channels come in any order."""
        while True:
            message = await self._received()
            if message["parent_header"].get("msg_id") == self._running:
                state = message["content"].get("execution_state")
                self._missing -= {message["msg_type"], state}
                return message

    async def _received(self) -> dict[str, Any]:
        try:
            received = await asyncio.wait_for(self._socket.receive(), ANSWER_SECONDS)
        except TimeoutError as error:
            text = f"The kernel said nothing for {ANSWER_SECONDS:.0f} s."
            raise BenchmarkError(text) from error
        if received.type is not WSMsgType.TEXT:
            raise BenchmarkError(f"The kernel's connection ended: {received.extra}")
        message: dict[str, Any] = json.loads(received.data)
        return message

    def _request(self, code: str) -> dict[str, Any]:
        header = {
            "msg_id": self._running,
            "msg_type": "execute_request",
            "session": self._session,
            "username": "bench",
            "version": "5.4",
        }
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        return {
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
            "channel": "shell",
            "buffers": [],
        }
