"""A running notebook server, and a browser's part of speaking to it."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import subprocess
import uuid
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import aiohttp
from aiohttp.client import _WSRequestContextManager

from tests.support import eventually, free_address
from tests.unit.notebook.fake_service import APP_ORIGIN, NOTEBOOK_HOST, TOKEN, FakeService

T = TypeVar("T")

BIN = Path(os.environ.get("RAMON_NOTEBOOK_BIN", ".venv/notebook/bin")).absolute()
PORT = 8888
HOST = f"{NOTEBOOK_HOST}:{PORT}"
OPEN_URL = f"{APP_ORIGIN}/notebooks/nb_{'0' * 26}/open"


@dataclass
class Answer:
    """What a request got."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, which is JSON."""
        return json.loads(self.body)


@dataclass
class Browser:
    """Somebody's browser, without its page: it keeps cookies and sends the XSRF token."""

    address: str
    host: str = HOST
    cookies: dict[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request, not following redirects."""
        connection = http.client.HTTPConnection(self.address, PORT, timeout=30)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Host": self.host, "Accept": "text/html", "Cookie": self._cookie(), **given}
        if "_xsrf" in self.cookies:
            sent.setdefault("X-XSRFToken", self.cookies["_xsrf"])
        data = None if body is None else json.dumps(body)
        connection.request(method, path, body=data, headers=sent)
        response = connection.getresponse()
        content = response.read()
        for value in response.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        connection.close()
        return Answer(response.status, dict(response.headers), content)

    def save(self, path: str, text: str) -> Answer:
        """Save a text file as JupyterLab does."""
        model = {"type": "file", "format": "text", "content": text}
        return self.request("PUT", f"/api/contents/{path}", model, Accept="*/*")

    def open_kernel(self, path: str = "a.ipynb") -> str:
        """Start a notebook's kernel; its id."""
        session = {"path": path, "type": "notebook", "name": path, "kernel": {"name": "python3"}}
        answer = self.request("POST", "/api/sessions", session, Accept="*/*")
        assert answer.status == 201, answer.body
        kernel_id: str = answer.json["kernel"]["id"]
        return kernel_id

    def run(self, kernel_id: str, code: str, **options: Any) -> Ran:
        """Run a cell as a page does (see `run_cell`)."""
        return _finished(self.run_cell(kernel_id, code, **options))

    async def run_cell(
        self,
        kernel_id: str,
        code: str,
        *,
        cell_id: str | None = None,
        leave_at: str | None = None,
        session: str | None = None,
    ) -> Ran:
        """Run code over a page's connection, until it ends or prints `leave_at`."""
        session = session or uuid.uuid4().hex
        path = f"/api/kernels/{kernel_id}/channels?session_id={session}"
        request = execute_request(code, cell_id, session)
        async with aiohttp.ClientSession() as client, self.connect(client, path) as ws:
            await ws.send_json(request)
            ran = Ran()
            async for message in ws:
                ran.take(json.loads(message.data), request["header"]["msg_id"])
                if ran.ended or (leave_at and leave_at in ran.text):
                    break
        return ran

    @asynccontextmanager
    async def page(
        self, kernel_id: str, session: str
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse[bool]]:
        """A page's connection to a kernel."""
        path = f"/api/kernels/{kernel_id}/channels?session_id={session}"
        async with (
            asyncio.timeout(60),
            aiohttp.ClientSession() as client,
            self.connect(client, path) as ws,
        ):
            yield ws

    async def press(self, path: str, *, times: int, leave_after: float) -> None:
        """POST so often at once, and go away after so many seconds, answered or not."""
        headers = {"Host": self.host, "Cookie": self._cookie(), "Accept": "*/*"}
        headers["X-XSRFToken"] = self.cookies["_xsrf"]
        async with aiohttp.ClientSession(headers=headers) as client:
            url = f"http://{self.address}:{PORT}{path}"
            asked = [asyncio.ensure_future(client.post(url)) for _ in range(times)]
            await asyncio.wait(asked, timeout=leave_after)
            for each in asked:
                each.cancel()

    def type_into_terminal(self, name: str, text: str) -> None:
        """Type, as a page does, and see something come back."""
        _finished(self._type(name, text))

    async def _type(self, name: str, text: str) -> None:
        async with (
            aiohttp.ClientSession() as client,
            self.connect(client, f"/terminals/websocket/{name}") as ws,
        ):
            await ws.send_json(["stdin", text])
            async for message in ws:
                if json.loads(message.data)[0] == "stdout":
                    return

    def connect(self, client: aiohttp.ClientSession, path: str) -> _WSRequestContextManager:
        address = f"ws://{self.address}:{PORT}{path}"
        return client.ws_connect(address, headers=self.socket_headers(), max_msg_size=0)

    def socket_headers(self) -> dict[str, str]:
        """What a page sends when it opens a socket."""
        return {"Host": self.host, "Origin": f"http://{self.host}", "Cookie": self._cookie()}

    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


def _finished(work: Coroutine[Any, Any, T]) -> T:
    """The result of some work, in another thread: a real browser's loop may run in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@dataclass
class Ran:
    """What came back of a cell."""

    text: str = ""
    error: str | None = None
    ended: bool = False

    def take(self, message: dict[str, Any], msg_id: str) -> None:
        """Note a message, if it answers the request."""
        if (message.get("parent_header") or {}).get("msg_id") != msg_id:
            return
        kind, content = message["msg_type"], message["content"]
        if kind == "stream":
            self.text += content["text"]
        elif kind == "execute_result":
            self.text += content["data"]["text/plain"]
        elif kind == "error":
            self.error = content["ename"]
        elif kind == "status":
            self.ended = content["execution_state"] == "idle"


class Notebook:
    """The program `ramon-notebook`, as the stand-in for ECS starts it: leader of its session."""

    program: ClassVar[tuple[Path, ...]] = (BIN / "ramon-notebook",)

    def __init__(self, service: FakeService, home: Path, env: dict[str, str]) -> None:
        self.service = service
        self.home = home
        self.workspace = home / "work"
        self.address = env.get("BIND_ADDRESS") or free_address()
        self.log = home / "log"
        environment = {
            "PATH": f"{BIN}:/usr/bin:/bin",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "RAMON_API_URL": f"{service.origin}/api",
            "RAMON_SERVER_ID": "srv_1",
            "RAMON_AGENT_TOKEN": TOKEN,
            "RAMON_NOTEBOOK_ORIGIN": f"http://{HOST}",
            "RAMON_APP_ORIGIN": APP_ORIGIN,
            "RAMON_MEMORY_BYTES": str(2 << 30),
            "RAMON_SAVE_SECONDS": "1",
            "BIND_ADDRESS": self.address,
            **env,
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.program,
                env={name: value for name, value in environment.items() if value},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def wait_until_ready(self) -> None:
        """Wait for the agent's ready call."""
        eventually(lambda: self.service.ready.is_set() or self._fail_if_ended())

    def browser(self) -> Browser:
        """Somebody who has entered with a ticket."""
        browser = Browser(self.address)
        answer = browser.request("GET", f"/ramon/enter?ticket={self.service.issue_ticket()}")
        assert answer.status == 302, answer.body
        browser.request("GET", "/lab")
        return browser

    def write(self, path: str, content: bytes | str) -> Path:
        """Write a file of the workspace, as code in a kernel would."""
        file = self.workspace / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def saved(self, path: str, content: bytes | str) -> bool:
        """Whether the newest snapshot has this content at `path`."""
        data = content.encode() if isinstance(content, str) else content
        return path in self.service.entries and self.service.content(path) == data

    def stop(self) -> int:
        """Ask the server to stop, as ECS does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(90)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGUSR2)  # its threads say where they are
            with suppress(AssertionError):
                eventually(lambda: "most recent call first" in self.log.read_text())
            raise AssertionError(self.log.read_text()) from None

    def _fail_if_ended(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return False


def execute_request(code: str, cell_id: str | None, session: str) -> dict[str, Any]:
    """The message by which a page asks a kernel to run a cell."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "username": "",
        "session": session,
        "version": "5.3",
        "date": "2026-01-01T00:00:00Z",
    }
    content = {
        "code": code,
        "silent": False,
        "store_history": True,
        "user_expressions": {},
        "allow_stdin": True,
        "stop_on_error": True,
    }
    metadata = {"cellId": cell_id} if cell_id else {}
    return {
        "channel": "shell",
        "header": header,
        "parent_header": {},
        "metadata": metadata,
        "content": content,
    }


def notebook_json(*sources: str) -> bytes:
    """A notebook with these code cells, their ids c0, c1 and so on."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernelspec}
    return json.dumps(
        {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    ).encode()


def cell_text(notebook: bytes, cell_id: str) -> str:
    """All text that a cell of a notebook file shows, but for errors."""
    (cell,) = [cell for cell in json.loads(notebook)["cells"] if cell["id"] == cell_id]
    return "".join(
        "".join(output["text"] if "text" in output else output["data"]["text/plain"])
        for output in cell["outputs"]
        if output["output_type"] != "error"
    )
