"""One port for everything: a connection goes where its first request's host says."""

import asyncio
import re
import socket
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import cast

from localcloud.ecs.store import Store
from localcloud.edge import head, splice
from localcloud.edge.api import Api
from localcloud.edge.app import EdgeApp
from localcloud.edge.asgi import App
from localcloud.edge.load_balancer import LoadBalancer
from localcloud.edge.pages import page, raw_response
from localcloud.edge.security_headers import SecurityHeaders
from localcloud.edge.site import Site
from localcloud.edge.voices import Voices
from localcloud.http import LARGEST_HEAD, HttpServer

NOTEBOOK_HOST = re.compile(r"nb-[0-9a-z]{26}\.localhost")
OWN_HOSTS = ("localhost", "127.0.0.1")

HEAD_SECONDS = 10.0
"""Longest wait for the head of a connection's first request."""


class FrontDoor:
    """Listens on the one port."""

    def __init__(self, port: int, site: Path, store: Store, others: Mapping[str, App]) -> None:
        self._origin = f"http://localhost:{port}"
        headers = SecurityHeaders()
        self.voices = Voices(Api(port, headers))
        app = EdgeApp(
            self._origin,
            api=self.voices,
            site=Site(site, headers),
            others=others,
        )
        self._http = HttpServer(app)
        self._gateways = LoadBalancer(store)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Transport] = set()
        self._joining: set[asyncio.Task[None]] = set()

    async def listen(self, sock: socket.socket) -> None:
        """Take connections of a listening socket."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Reception(self), sock=sock)

    async def close(self) -> None:
        """Take no more connections and end those that are there."""
        if self._server:
            self._server.close()
        await self._http.drain(seconds=2)
        for transport in self._connections:
            transport.abort()

    def admit(self, transport: asyncio.Transport, received: bytes) -> None:
        """Send a connection, of which `received` was read, where it belongs."""
        try:
            host = head.host_of(received)
        except head.BadHead:
            _refuse(transport, HTTPStatus.BAD_REQUEST, "The request is not valid HTTP.")
            return
        if host in OWN_HOSTS:
            protocol = self._http.protocol()
            transport.set_protocol(protocol)
            protocol.connection_made(transport)
            protocol.data_received(received)
        elif NOTEBOOK_HOST.fullmatch(host):
            transport.pause_reading()
            joining = asyncio.create_task(self._join(transport, received))
            self._joining.add(joining)
            joining.add_done_callback(self._joining.discard)
        else:
            text = f"This address is not served here. Go to {self._origin}"
            _refuse(transport, HTTPStatus.MISDIRECTED_REQUEST, text)

    async def _join(self, transport: asyncio.Transport, received: bytes) -> None:
        target = self._gateways.target()
        try:
            if target is None:
                raise ConnectionRefusedError
            side = await splice.connect(*target)
        except OSError:
            text = "The gateway to the notebooks is not running yet. This page tries again."
            body = page("One moment", text, reload_seconds=3)
            unavailable = HTTPStatus.SERVICE_UNAVAILABLE
            transport.write(raw_response(unavailable, body, "Retry-After: 3"))
            transport.close()
            return
        if transport.is_closing():
            side.close()
            return
        splice.join(transport, received, side, on_close=self._connections.discard)
        self._connections.add(transport)
        transport.resume_reading()


class Reception(asyncio.Protocol):
    """Reads a connection's first head, within limits of size and time."""

    _transport: asyncio.Transport

    def __init__(self, door: FrontDoor) -> None:
        self._door = door
        self._received = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the head."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has no base class
        splice.no_delay(transport)
        self._timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        """Collect until the head is complete."""
        self._received += data
        if head.complete(self._received):
            self._stop_timer()
            self._door.admit(self._transport, self._received)
        elif len(self._received) > LARGEST_HEAD:
            self._stop_timer()
            too_large = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            _refuse(self._transport, too_large, "The request's headers are too long.")

    def connection_lost(self, _exc: Exception | None) -> None:
        """The client went away."""
        self._stop_timer()

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()


def _refuse(transport: asyncio.Transport, status: HTTPStatus, text: str) -> None:
    transport.write(raw_response(status, page(status.phrase, text)))
    transport.close()
