"""The service's clusters in the test's own process, with real schedulers and real workers.

`running(folder)` starts a notebook server against a `FakeClusters` and gives both, with the
path of the agent's socket: everything is real but the service. The fake keeps the contract of
the Agent and Worker API in memory, starts a `ramon-worker` process for each worker wanted (in a
home of its own below `folder`) and ends it on a stop, as Batch would: SIGTERM, and SIGKILL
later. Nothing of it outlives the block.

    with running(tmp_path) as running:
        running.python("import ramon; …")       # like a kernel: overlay, RAMON_SOCKET, workspace
        running.service.workers("sim")          # the workers' processes, to kill or look at
        running.service.end("sim", "budget", save=True)
"""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.unit.notebook.fake_batch import outside
from tests.unit.notebook.fake_cluster_service import FakeClusters
from tests.unit.notebook.parts import BIN, Notebook


@dataclass
class Running:
    """A notebook server with clusters.

    socket: where kernels ask the agent for clusters (RAMON_SOCKET).
    """

    service: FakeClusters
    notebook: Notebook
    socket: Path

    @property
    def environ(self) -> dict[str, str]:
        """The environment of kernels and terminals."""
        env = self.notebook.home / ".ramon" / "env"
        return {
            "PATH": f"{env}/bin:{BIN}:/usr/bin:/bin",
            "VIRTUAL_ENV": str(env),
            "HOME": str(self.notebook.home),
            "LANG": "C.UTF-8",
            "RAMON_SOCKET": str(self.socket),
            **outside(),
        }

    def start_python(self, code: str, **options: Any) -> subprocess.Popen[str]:
        """Start code where a kernel runs: in the overlay, in the workspace."""
        return subprocess.Popen(
            [self.notebook.home / ".ramon/env/bin/python", "-X", "faulthandler", "-c", code],
            env=self.environ,
            cwd=self.notebook.workspace,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def python(self, code: str, *, timeout: float = 60) -> str:
        """Run code where a kernel runs; what it printed. Fails with its error if it has one."""
        process = self.start_python(code)
        try:
            printed, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)  # its threads say where they are
            printed, errors = process.communicate()
            raise AssertionError(f"not within {timeout} s:\n{printed}\n{errors}") from None
        assert process.returncode == 0, f"{printed}\n{errors}"
        return printed


@contextmanager
def running(folder: Path, **environ: str) -> Iterator[Running]:
    """A notebook server that is ready, and its service; all in `folder`."""
    home, workers = folder / "home", folder / "workers"
    home.mkdir()
    workers.mkdir()
    service = FakeClusters(workers)
    try:
        with Notebook(service, home, {**outside(), **environ}) as notebook:
            notebook.wait_until_ready()
            yield Running(service, notebook, socket_of(notebook))
            if notebook.process.poll() is None:
                notebook.process.send_signal(signal.SIGTERM)
                notebook.process.wait(30)
    finally:
        service.close()


def socket_of(notebook: Notebook) -> Path:
    """The agent's socket; the server writes to its log where it is."""
    found = re.search(r"Clusters are asked for at (\S+)", notebook.log.read_text())
    assert found, notebook.log.read_text()
    return Path(found[1])
