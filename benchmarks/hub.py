"""JupyterHub as pip gives it, behind its own proxy."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

from aiohttp import ClientSession

from benchmarks import processes
from benchmarks.errors import BenchmarkError
from benchmarks.load import Request
from ops.setup.steps import ROOT, VENV

USER = "ada"

PROXY = ROOT / "gateway" / "node_modules" / ".bin" / "configurable-http-proxy"
"""The program that JupyterHub puts in front of itself; our gateway has it too."""

_CONFIGURATION = Template("""
c.JupyterHub.bind_url = "http://127.0.0.1:$port"
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.hub_port = $hub_port
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = {"$user"}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:$proxy_port"
c.ConfigurableHTTPProxy.command = ["$proxy"]
c.JupyterHub.services = [{"name": "benchmark", "api_token": "$token"}]
c.JupyterHub.load_roles = [
    {"name": "reader", "services": ["benchmark"], "scopes": ["read:users"]}
]
""")


@asynccontextmanager
async def running(http: ClientSession, programs: Path) -> AsyncIterator[Request]:
    """A hub that answers; gives the request that reads its one user."""
    port, token = processes.free_port(), secrets.token_hex(16)
    read = _read(http, f"http://127.0.0.1:{port}/hub/api/users/{USER}", token)

    async def answers() -> bool:
        try:
            await read()
        except BenchmarkError:  # the proxy is up before the hub
            return False
        return True

    with TemporaryDirectory(prefix="ramon-hub-") as name:
        folder = Path(name)
        _configure(folder, port, token)
        command = [programs / "jupyterhub"]
        async with processes.running(command, folder=folder, env=_environment(programs)) as process:
            await processes.until_ready(answers, process, folder / "output.log")
            yield read


def _configure(folder: Path, port: int, token: str) -> None:
    text = _CONFIGURATION.substitute(
        port=port,
        hub_port=processes.free_port(),
        proxy_port=processes.free_port(),
        proxy=PROXY,
        token=token,
        user=USER,
    )
    (folder / "jupyterhub_config.py").write_text(text, encoding="utf-8")


def _read(http: ClientSession, address: str, token: str) -> Request:
    headers = {"Authorization": f"token {token}"}

    async def read() -> None:
        async with http.get(address, headers=headers) as answer:
            if answer.status != 200:
                text = (await answer.text())[:500]
                raise BenchmarkError(f"JupyterHub answered {answer.status}: {text}")
            told = await answer.json()
        if told["name"] != USER:
            raise BenchmarkError(f"JupyterHub answered another user: {told['name']}")

    return read


def _environment(programs: Path) -> dict[str, str]:
    path = os.pathsep.join([str(programs), str(VENV / "bin"), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path}
