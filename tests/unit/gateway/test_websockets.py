"""WebSockets through the gateway: what a kernel's messages travel on."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from tests.support import eventually
from tests.unit.gateway.parts import Gateway, Routes, Server, host_of

Talk = Callable[[aiohttp.ClientWebSocketResponse], Awaitable[None]]


def _connect(proxy: Gateway, label: str, talk: Talk, path: str = "/echo") -> None:
    async def main() -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(
                f"{proxy.url}{path}", headers={"Host": host_of(label)}, max_msg_size=0
            ) as socket,
        ):
            await talk(socket)

    asyncio.run(asyncio.wait_for(main(), 30))


def test_messages_go_both_ways(proxy: Gateway, notebook: str) -> None:
    async def talk(socket: aiohttp.ClientWebSocketResponse) -> None:
        for size in (0, 1, 70_000, 12_000_000):
            await socket.send_bytes(b"x" * size)
            assert len(await socket.receive_bytes()) == size
        await socket.send_str("½")
        assert await socket.receive_str() == "½"

    _connect(proxy, notebook, talk)


@pytest.mark.parametrize("state", ["stopped", "starting"])
def test_a_notebook_that_does_not_run_refuses_with_a_status(
    proxy: Gateway, routes: Routes, label: str, state: str
) -> None:
    routes.put(label, state)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        _connect(proxy, label, _say_nothing)
    assert refused.value.status == 503


def test_a_server_that_is_gone_refuses_with_a_status(
    proxy: Gateway, notebook: str, server: Server
) -> None:
    server.stop()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        _connect(proxy, notebook, _say_nothing)
    assert refused.value.status == 503


def test_what_the_notebook_refuses_is_refused_in_its_own_words(
    proxy: Gateway, notebook: str
) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        _connect(proxy, notebook, _say_nothing, "/forbidden")
    assert refused.value.status == 403


def test_a_server_that_dies_ends_its_websockets(
    proxy: Gateway, notebook: str, server: Server
) -> None:
    async def talk(socket: aiohttp.ClientWebSocketResponse) -> None:
        await socket.send_str("before")
        assert await socket.receive_str() == "before"
        await asyncio.to_thread(server.stop)
        message = await socket.receive()
        assert message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}

    _connect(proxy, notebook, talk)


def test_a_client_that_leaves_while_its_route_is_looked_up_harms_nobody(
    proxy: Gateway, notebook: str
) -> None:
    async def main() -> None:
        for _ in range(20):
            _, writer = await asyncio.open_connection(proxy.address, 8000)
            host = host_of(notebook)
            writer.write(
                f"GET /echo HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
            writer.transport.abort()

    asyncio.run(main())
    eventually(lambda: proxy.get(notebook).status_code == 200)
    assert not [line for line in proxy.log() if line["event"] == "uncaught"]


async def _say_nothing(_socket: aiohttp.ClientWebSocketResponse) -> None:
    """For connections that must not come about."""
