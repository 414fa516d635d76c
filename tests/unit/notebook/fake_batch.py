"""The part of Batch that a cluster sees: workers' processes, started and ended as jobs are."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.unit.notebook.parts import BIN

KILL_SECONDS = 30


@dataclass
class Worker:
    """One worker as the fake's Batch runs it."""

    id: str
    home: Path
    process: subprocess.Popen[bytes] | None = None
    wanted: bool = True
    attempt: int = 0
    told_to_end_at: float = 0
    failed: dict[str, Any] | None = None

    @property
    def log(self) -> str:
        """What it has written."""
        return (self.home / "log").read_text(errors="replace")

    @property
    def runs(self) -> bool:
        """Whether its process has not ended."""
        return self.process is not None and self.process.poll() is None

    def start(self, api_url: str, memory_gib: float, environ: dict[str, str]) -> None:
        """Run the next attempt of this worker's job."""
        self.home.mkdir(exist_ok=True)
        self.attempt += 1
        given = {
            "PATH": f"{BIN}:/usr/bin:/bin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "RAMON_API_URL": api_url,
            "RAMON_WORKER_TOKEN": f"{self.id}.secret",
            "RAMON_MEMORY_BYTES": str(int(memory_gib * 2**30)),
            "AWS_BATCH_JOB_ID": f"job-{self.id}",
            "AWS_BATCH_JOB_ATTEMPT": str(self.attempt),
        }
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [BIN / "ramon-worker"],
                env=given | environ,
                cwd=self.home,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def end(self) -> None:
        """SIGTERM once; SIGKILL when it is not heeded. To be called again and again."""
        assert self.process
        if not self.told_to_end_at:
            self.told_to_end_at = time.monotonic()
            self.process.terminate()
        elif time.monotonic() - self.told_to_end_at > KILL_SECONDS:
            self.kill()

    def kill(self) -> None:
        """End it at once with all its children, as when its machine is lost."""
        if self.process and self.runs:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def outside() -> dict[str, str]:
    """What this machine's programs need to reach the network: proxies, certificates, indexes."""
    prefixes = ("PIP_", "UV_", "SSL_")
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(prefixes) or name.lower().endswith("_proxy")
    }
