"""The real parts around the gateway: a DynamoDB, a notebook's server, and the gateway itself."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
from aiohttp import WSMsgType, web

from tests.support import eventually, free_address, free_port, running

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).resolve().parents[3]
APP_ORIGIN = "http://localhost:8000"
TABLE = "ramon-test-routes"
PORT = 8000


@dataclass
class Routes:
    """The table of routes in an emulated DynamoDB, written as the service writes it."""

    url: str
    process: subprocess.Popen[str]
    client: "DynamoDBClient" = field(init=False)

    def __post_init__(self) -> None:
        self.client = boto3.client("dynamodb", endpoint_url=self.url)

    def put(
        self, label: str, state: str, target: str | None = None, reason: str | None = None
    ) -> None:
        """Say that the notebook of `label` is in `state`, at this `target`, for this `reason`."""
        item = {"host": label, "notebook_id": label.replace("-", "_"), "state": state}
        if reason:
            item["reason"] = reason
        if target:
            item["target"] = target
        self.client.put_item(
            TableName=TABLE, Item={name: {"S": value} for name, value in item.items()}
        )

    def items(self) -> list[Any]:
        """Everything in the table."""
        return sorted(self.client.scan(TableName=TABLE)["Items"], key=str)


@contextmanager
def routes_table() -> Iterator[Routes]:
    """A DynamoDB of its own, with an empty table of routes."""
    port = free_port()
    env = {**os.environ, "AUTH": "false", "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"}
    command = [Path(sys.executable).with_name("ministack")]
    process = subprocess.Popen(
        command, env=env, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with running(process):
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: _answers(url))
        routes = Routes(url, process)
        routes.client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "host", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "host", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield routes


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code < 500
    except httpx.TransportError:
        return False


class Server:
    """What a notebook's server does as the gateway sees it, on a free port.

    It says its `name`, what it was asked, and takes and gives streams. It runs in a thread
    of its own; `first_piece` and `go_on` let a test look into the middle of a stream.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.requests = 0
        self.first_piece = threading.Event()
        self.go_on = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner = web.AppRunner(self._app(), shutdown_timeout=0.1)

    def start(self) -> "Server":
        """Start serving; `target` is known after that."""
        self._thread.start()
        self.target = self._do(self._listen())
        return self

    def stop(self) -> None:
        """End all connections, and refuse new ones."""
        if self._loop.is_running():
            self._do(self._runner.cleanup())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _do(self, coroutine: Any) -> Any:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return future.result(10)

    async def _listen(self) -> str:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=0, middlewares=[self._count])
        app.router.add_get("/echo", self._echo)
        app.router.add_post("/upload", self._take)
        app.router.add_get("/download", self._give)
        app.router.add_get("/die", self._die)
        app.router.add_get("/forbidden", self._forbid)
        app.router.add_route("*", "/{path:.*}", self._tell)
        return app

    @web.middleware
    async def _count(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests += 1
        response: web.StreamResponse = await handler(request)
        return response

    async def _tell(self, request: web.Request) -> web.Response:
        said = {
            "name": self.name,
            "method": request.method,
            "path": request.raw_path,
            "headers": {name.lower(): value for name, value in request.headers.items()},
        }
        return web.json_response(said, headers={"Keep-Alive": "timeout=1"})

    async def _take(self, request: web.Request) -> web.Response:
        size = 0
        async for piece in request.content.iter_any():
            size += len(piece)
            self.first_piece.set()
        return web.json_response({"size": size})

    async def _give(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first")
        await asyncio.to_thread(self.go_on.wait, 10)
        await response.write(b" second")
        return response

    async def _die(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"only this much")
        assert request.transport
        request.transport.abort()
        return response

    async def _forbid(self, _request: web.Request) -> web.Response:
        return web.json_response({"error": {"code": "signed_out"}}, status=403)

    async def _echo(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await socket.send_str(message.data)
            elif message.type is WSMsgType.BINARY:
                await socket.send_bytes(message.data)
        return socket


@dataclass
class Gateway:
    """A gateway in a process of its own."""

    address: str
    process: subprocess.Popen[str]
    output: Path

    @property
    def url(self) -> str:
        """Where it listens; which notebook is meant is for the Host header to say."""
        return f"http://{self.address}:{PORT}"

    def get(self, label: str, path: str = "/", **headers: str) -> httpx.Response:
        """Ask for a path of a notebook, as a program does unless `headers` say otherwise."""
        return httpx.get(f"{self.url}{path}", headers={"Host": host_of(label), **headers})

    def log(self) -> list[dict[str, Any]]:
        """What it has said so far."""
        whole, _, _half = self.output.read_text(encoding="utf-8").rpartition("\n")
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]


def host_of(label: str) -> str:
    """The Host header of a notebook."""
    return f"{label}.localhost:8000"


@contextmanager
def gateway(routes: Routes, folder: Path) -> Iterator[Gateway]:
    """A gateway that reads `routes`, writing its log to `folder`."""
    address = free_address()
    env = {
        **os.environ,
        "AWS_ENDPOINT_URL": routes.url,
        "BIND_ADDRESS": address,
        "RAMON_ROUTES_TABLE": TABLE,
        "RAMON_APP_ORIGIN": APP_ORIGIN,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    # Not read by this handle: the gateway would go on writing where the reading stands.
    log = folder / "gateway.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [ROOT / "gateway" / "bin" / "ramon-gateway"], env=env, text=True, stdout=output
        )
        with running(process):
            started = Gateway(address, process, log)
            eventually(lambda: _answers(f"{started.url}/ramon-gateway/health"))
            yield started
