"""Dask Gateway as pip gives it; its local backend makes clusters of this machine's processes."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

from aiohttp import ClientSession

from benchmarks import processes

_CONFIGURATION = Template("""
c.DaskGateway.address = "127.0.0.1:$server_port"
c.Proxy.address = "127.0.0.1:$port"
c.DaskGateway.authenticator_class = "dask_gateway_server.auth.SimpleAuthenticator"
c.SimpleAuthenticator.password = "$password"
c.DaskGateway.backend_class = "dask_gateway_server.backends.local.UnsafeLocalBackend"
c.UnsafeLocalBackend.clusters_directory = "$clusters"
c.ClusterConfig.environment = {"DASK_TEMPORARY_DIRECTORY": "$clusters"}
# Its defaults, dask-scheduler and dask-worker, are no longer part of distributed.
c.ClusterConfig.scheduler_cmd = ["dask", "scheduler"]
c.ClusterConfig.worker_cmd = ["dask", "worker"]
""")


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that answers."""

    address: str
    password: str


@asynccontextmanager
async def running(http: ClientSession, programs: Path) -> AsyncIterator[Gateway]:
    """A gateway behind its proxy; it ends with the block, and its clusters with it."""
    port, password = processes.free_port(), secrets.token_hex(16)
    gateway = Gateway(f"http://127.0.0.1:{port}", password)

    async def answers() -> bool:
        async with http.get(f"{gateway.address}/api/health") as answer:
            return answer.status == 200

    with TemporaryDirectory(prefix="ramon-dask-gateway-") as name:
        folder = Path(name)
        (folder / "dask_gateway_config.py").write_text(
            configuration(folder, port, password), encoding="utf-8"
        )
        command = [programs / "dask-gateway-server"]
        async with processes.running(command, folder=folder, env=_environment(programs)) as process:
            await processes.until_ready(answers, process, folder / "output.log")
            yield gateway


def configuration(folder: Path, port: int, password: str) -> str:
    """Its configuration; what it writes is in `folder`."""
    clusters = folder / "clusters"
    clusters.mkdir()
    return _CONFIGURATION.substitute(
        port=port, server_port=processes.free_port(), password=password, clusters=clusters
    )


def _environment(programs: Path) -> dict[str, str]:
    path = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path}
