"""A notebook with a kernel that boots clusters, and what the service tells of them."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Self

from localcloud.testing import LocalCloud
from tests.jupyter import Kernel
from tests.people import NotebookOf, Person
from tests.processes import Process, below
from tests.support import SCHEDULED, eventually

LIVE = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
"""States of a job of Batch that has not ended."""
PID = "import os; os.getpid()"
SWEEPS = ("canary", "lease-reaper", "idle-sweep", "reconcile", "cluster-sweep", "meter-clusters")
KILL_KERNEL = """
import os, signal, threading
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGKILL)).start()
"""


@dataclass(frozen=True)
class ClusterOf:
    """A cluster, and whose it is."""

    owner: Person
    id: str

    @property
    def now(self) -> dict[str, Any]:
        """The cluster as the API tells of it."""
        return self._told("GET", "")

    def workers(self) -> list[dict[str, Any]]:
        """Its workers, newest first."""
        found: list[dict[str, Any]] = self._told("GET", "/workers")["items"]
        return found

    def until(self, *states: str, within: float = 90) -> dict[str, Any]:
        """Wait for one of these states."""

        def reached() -> dict[str, Any] | None:
            told = self.now
            return told if told["state"] in states else None

        return eventually(reached, within=within, every=0.3) or {}

    def until_problem(self, code: str, within: float = 90) -> dict[str, Any]:
        """Wait until it shows this problem."""

        def shown() -> dict[str, Any] | None:
            told = self.now
            return told if (told["problem"] or {}).get("code") == code else None

        return eventually(shown, within=within, every=0.3) or {}

    def _told(self, method: str, action: str) -> dict[str, Any]:
        answer = self.owner.ask(method, f"/clusters/{self.id}{action}")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


class Rig:
    """A running notebook of somebody, with a kernel."""

    def __init__(self, owner: Person, name: str) -> None:
        self.owner = owner
        self.notebook: NotebookOf = owner.create(name)
        self._file = f"{name}.ipynb"

    def __enter__(self) -> Self:
        self.notebook.start()
        self.enter()
        return self

    def __exit__(self, *_: object) -> None:
        if self.notebook.now["state"] == "running":
            self.notebook.stop()

    def enter(self) -> None:
        """Open the notebook and its kernel."""
        self.visit = self.notebook.enter()
        self.kernel = Kernel.of_file(self.visit, self._file)

    def run(self, code: str, *, wait: bool = True, within: float = 120) -> str:
        """Run a cell, and give what it said."""
        return self.kernel.run(code, wait=wait, within=within)

    def kill_kernel(self) -> None:
        """End the kernel by SIGKILL; Jupyter starts another one under the same id."""
        before = self.run(PID)
        self.run(KILL_KERNEL)
        eventually(lambda: self.run(PID, within=10) not in ("", before), every=0.5)

    def clusters(self, state: str = "all") -> list[ClusterOf]:
        """The notebook's clusters, newest first."""
        asked = {"state": state, "notebook_id": self.notebook.id}
        answer = self.owner.ask("GET", "/clusters", params=asked)
        assert answer.status_code == 200, answer.text
        return [ClusterOf(self.owner, item["id"]) for item in answer.json()["items"]]

    def named(self, name: str) -> ClusterOf:
        """The newest cluster of this name, once it is on record."""

        def found() -> ClusterOf | None:
            return next((each for each in self.clusters() if each.now["name"] == name), None)

        cluster = eventually(found, every=0.5)
        assert cluster is not None
        return cluster

    def newest(self) -> ClusterOf:
        """The newest cluster."""
        return self.clusters()[0]


def live_jobs(cloud: LocalCloud) -> list[dict[str, Any]]:
    """Every job of Batch that has not ended."""
    return [job for job in cloud.batch.jobs() if job["status"] in LIVE]


def parts(cloud: LocalCloud, *kinds: str) -> list[Process]:
    """The processes of these kinds that run in a cloud."""
    return [process for process in below(cloud.process.pid) if process.kind in kinds]


def agent_of(cloud: LocalCloud, server_id: str) -> Process:
    """The agent of one server: others run beside it, and which was started last no pid tells."""
    (agent,) = [p for p in parts(cloud, "agent") if p.was_given("RAMON_SERVER_ID") == server_id]
    return agent


def doctor(cloud: LocalCloud, *, patience: int = 3) -> str:
    """What `python -m ops.doctor` finds wrong in this cloud; nothing if everything agrees."""
    told = subprocess.run(
        [sys.executable, "-m", "ops.doctor", "--patience", str(patience)],
        env=os.environ | {"STATE_DIR": str(cloud.state_dir)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return "" if told.returncode == 0 else told.stdout + told.stderr


def sweep(cloud: LocalCloud) -> None:
    """Run everything now that runs each minute and could end something."""
    for name in SWEEPS:
        answer = cloud.client("lambda").invoke(
            FunctionName=f"ramon-local-{name}", Payload=json.dumps(SCHEDULED)
        )
        assert "FunctionError" not in answer, (name, answer["Payload"].read())
