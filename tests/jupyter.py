"""A kernel's client, as JupyterLab is one: cells run over a WebSocket through the front door."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import aiohttp

from tests.people import Visit


@dataclass
class Kernel:
    """A kernel of a notebook, and the way to it."""

    visit: Visit
    id: str

    @classmethod
    def of_file(cls, visit: Visit, path: str) -> Self:
        """Start a kernel for a notebook file, as opening it in JupyterLab does."""
        wanted = {"path": path, "type": "notebook", "name": path, "kernel": {"name": "python3"}}
        answer = visit.request("POST", "/api/sessions", json=wanted)
        assert answer.status_code == 201, answer.text
        return cls(visit, answer.json()["kernel"]["id"])

    def run(
        self, code: str, *, wait: bool = True, cell_id: str | None = None, within: float = 60
    ) -> str:
        """Run a cell. With `wait`, answers what it printed and its result, as text."""
        return asyncio.run(self._run(code, wait=wait, cell_id=cell_id, within=within))

    async def _run(self, code: str, *, wait: bool, cell_id: str | None, within: float) -> str:
        url = f"{self.visit.http.base_url}/api/kernels/{self.id}/channels".replace("//api", "/api")
        headers = {
            "Host": self.visit.host,
            "Origin": self.visit.http.headers["Origin"],
            "Cookie": self.visit.cookie_header,
        }
        request = _execute_request(code, cell_id)
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(url, headers=headers) as socket,
        ):
            await socket.send_str(json.dumps(request))
            async with asyncio.timeout(within):
                return await self._outputs(socket, request["header"]["msg_id"], wait=wait)

    @staticmethod
    async def _outputs(socket: Any, msg_id: str, *, wait: bool) -> str:
        said: list[str] = []
        async for frame in socket:
            message = json.loads(frame.data)
            if message.get("parent_header", {}).get("msg_id") != msg_id:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == ("idle" if wait else "busy"):
                break
            said.append(_text(kind, content))
        return "".join(said)


def _text(kind: str, content: dict[str, Any]) -> str:
    """What a message of a kernel shows, as far as it is text."""
    if kind == "stream":
        return str(content["text"])
    if kind in ("execute_result", "display_data"):
        return str(content["data"].get("text/plain", ""))
    if kind == "error":
        return f"{content['ename']}: {content['evalue']}"
    return ""


def _execute_request(code: str, cell_id: str | None) -> dict[str, Any]:
    return {
        "header": {
            "msg_id": uuid4().hex,
            "msg_type": "execute_request",
            "username": "",
            "session": uuid4().hex,
            "date": "2026-01-01T00:00:00Z",
            "version": "5.3",
        },
        "parent_header": {},
        "metadata": {} if cell_id is None else {"cellId": cell_id},
        "content": {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        },
        "buffers": [],
        "channel": "shell",
    }
