"""Starting, telling, and ending in good order."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import httpx
import pytest

from tests.support import eventually
from tests.unit.gateway.parts import ROOT, Gateway, Routes, Server, gateway, host_of


@pytest.fixture
def own_proxy(routes: Routes, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that the test may stop."""
    with gateway(routes, tmp_path) as started:
        yield started


def test_a_request_under_way_is_finished_before_the_gateway_ends(
    own_proxy: Gateway, notebook: str, server: Server
) -> None:
    headers = {"Host": host_of(notebook)}
    with httpx.stream("GET", f"{own_proxy.url}/download", headers=headers) as response:
        pieces = response.iter_raw()
        assert next(pieces) == b"first"
        own_proxy.process.send_signal(signal.SIGTERM)
        eventually(lambda: _refuses(own_proxy))
        server.go_on.set()
        assert b"".join(pieces) == b" second"
    assert own_proxy.process.wait(10) == 0


def test_websockets_end_at_once_when_the_gateway_does(own_proxy: Gateway, notebook: str) -> None:
    async def main() -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(
                f"{own_proxy.url}/echo", headers={"Host": host_of(notebook)}
            ) as socket,
        ):
            await socket.send_str("before")
            assert await socket.receive_str() == "before"
            own_proxy.process.send_signal(signal.SIGTERM)
            message = await asyncio.wait_for(socket.receive(), 10)
            assert message.type is not aiohttp.WSMsgType.TEXT

    asyncio.run(main())
    assert own_proxy.process.wait(10) == 0


def test_the_log_tells_of_a_request_without_its_secrets(own_proxy: Gateway, notebook: str) -> None:
    own_proxy.get(notebook, "/ramon/enter?ticket=hush", Cookie="session=hush")
    lines = eventually(lambda: [line for line in own_proxy.log() if line["event"] == "request"])
    (line,) = lines
    assert line["path"] == "/ramon/enter"
    assert (line["method"], line["status"], line["host"]) == ("GET", 200, host_of(notebook))
    assert "hush" not in str(own_proxy.log())


def test_missing_settings_are_named_and_end_it() -> None:
    env = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    ended = subprocess.run(
        [ROOT / "gateway" / "bin" / "ramon-gateway"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 78
    assert "RAMON_ROUTES_TABLE, RAMON_APP_ORIGIN" in ended.stdout


def _refuses(proxy: Gateway) -> bool:
    try:
        httpx.get(f"{proxy.url}/ramon-gateway/health")
    except httpx.TransportError:
        return True
    return False
