"""JupyterLab as pip gives it, started as anybody starts it on their own machine."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import ClientSession

from benchmarks import processes
from benchmarks.kernels import Jupyter


@asynccontextmanager
async def lab(http: ClientSession, programs: Path) -> AsyncIterator[Jupyter]:
    """A `jupyter lab` that answers, from the environment whose programs these are."""
    port, token = processes.free_port(), secrets.token_hex(16)
    with TemporaryDirectory(prefix="ramon-stock-") as name:
        folder = Path(name)
        command: list[str | Path] = [programs / "jupyter-lab", *_options(port, token)]
        async with processes.running(
            command, folder=folder, env=_environment(programs, folder)
        ) as process:
            jupyter = Jupyter(http, f"http://127.0.0.1:{port}", {"Authorization": f"token {token}"})
            await processes.until_ready(jupyter.answers, process, folder / "output.log")
            yield jupyter


def _options(port: int, token: str) -> list[str]:
    """What a machine without a screen needs, and no more."""
    return [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
    ]


def _environment(programs: Path, home: Path) -> dict[str, str]:
    """The person's own, but nothing of their Jupyter's configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    path = f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return kept | {"HOME": str(home), "PATH": path}
