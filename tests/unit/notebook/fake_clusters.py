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

import itertools
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support import eventually
from tests.unit.notebook.fake_service import NOTEBOOK_ID, FakeService, error
from tests.unit.notebook.parts import BIN, HOST, Notebook

TICK = 0.03
KILL_SECONDS = 30
SAVE_SECONDS = 30
OVER = ("stopped", "failed")
WORKER_USD_HOUR = Decimal("0.10")

Json = dict[str, Any]
Answer = tuple[int, Json]


@dataclass
class Worker:
    """One worker as the fake's Batch runs it."""

    id: str
    home: Path
    process: subprocess.Popen[bytes] | None = None
    wanted: bool = True
    attempt: int = 0
    told_to_end_at: float = 0
    failed: Json | None = None

    @property
    def log(self) -> str:
        """What it has written."""
        return (self.home / "log").read_text()

    @property
    def runs(self) -> bool:
        """Whether its process has not ended."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Cluster:
    """One cluster as the service keeps it."""

    id: str
    request: Json
    state: str = "starting"
    workers: list[Worker] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    reports: list[Json] = field(default_factory=list)
    stop: Json | None = None
    save: bool = False
    saved: Json | None = None
    ended_at: float = 0
    problem: Json | None = None

    @property
    def wanted(self) -> list[Worker]:
        """The workers that are to run."""
        return [worker for worker in self.workers if worker.wanted]


class FakeClusters(FakeService):
    """A FakeService that knows clusters too. Tests read and change `clusters` under `lock`."""

    def __init__(self, folder: Path) -> None:
        self.clusters: dict[str, Cluster] = {}
        self.worker_environ: dict[str, str] = outside()
        self.holding = False
        """While true, wanted workers are not started: Batch has no place for them."""
        self._folder = folder
        self._numbers = itertools.count(1)
        self._closed = threading.Event()
        super().__init__()
        self._batch = threading.Thread(target=self._run, daemon=True)
        self._batch.start()

    def close(self) -> None:
        """End every worker at once, and stop answering."""
        self._closed.set()
        self._batch.join()
        for cluster in self.clusters.values():
            for worker in cluster.workers:
                if worker.process:
                    _kill_group(worker.process)
                    worker.process.wait()
        super().close()

    def cluster(self, name: str) -> Cluster:
        """The newest cluster of this name."""
        with self.lock:
            return [c for c in self.clusters.values() if c.request["name"] == name][-1]

    def workers(self, name: str) -> list[Worker]:
        """The workers that the newest cluster of this name wants."""
        with self.lock:
            return self.cluster(name).wanted

    def wait_for_workers(self, name: str, count: int, within: float = 60) -> None:
        """Wait until so many have joined, as the agent reported."""
        eventually(lambda: len(self.cluster(name).joined) == count, within=within)

    def end(self, name: str, reason: str, message: str = "", *, save: bool = False) -> None:
        """Stop a cluster, as the service does by itself for `reason`."""
        with self.lock:
            cluster = self.cluster(name)
            if cluster.state not in ("stopping", *OVER):
                cluster.state, cluster.save, cluster.ended_at = "stopping", save, time.monotonic()
                cluster.stop = {"reason": reason, "message": message or f"Stopped: {reason}."}

    def knows(self, path: str, authorization: str) -> bool:
        """A worker's token is good for the worker routes alone."""
        if path.startswith("/api/worker/"):
            return self._worker_of(authorization) is not None
        return super().knows(path, authorization)

    def answer(self, method: str, path: str, body: Any, authorization: str = "") -> Answer:
        """The real answer of the service."""
        with self.lock:
            if path.startswith("/api/worker/"):
                self.calls.append((path, body))
                found = self._worker_of(authorization)
                assert found
                return self._worker_route(path, body, *found)
            for pattern, route in ROUTES:
                if match := re.fullmatch(pattern, f"{method} {urlsplit(path).path}"):
                    self.calls.append((path, body))
                    query = {k: v[0] for k, v in parse_qs(urlsplit(path).query).items()}
                    answer: Answer = getattr(self, route)(body, query, *match.groups())
                    return answer
        return super().answer(method, path, body)

    # --- The agent's routes ---------------------------------------------------------------

    def do_cluster_create(self, body: Json, _query: Json) -> Answer:
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", body["name"]), body["name"]
        assert set(body) == {
            *("name", "workers", "vcpu", "memory_gib", "gpu", "purchase", "budget_usd"),
            *("idle_minutes", "detached", "scheduler", "dashboard_path", "environment"),
        }
        live = [c for c in self.clusters.values() if c.state not in OVER]
        if any(c.request["name"] == body["name"] for c in live):
            return error(409, "name_taken", f"A cluster named {body['name']} runs already.")
        self._check_blobs(body["environment"])
        cluster = Cluster(f"cl_{next(self._numbers):026d}", body)
        self.clusters[cluster.id] = cluster
        self._want(cluster, body["workers"], [])
        return 201, self._json(cluster)

    def do_cluster_list(self, _body: Any, query: Json) -> Answer:
        name = query.get("name")
        found = [c for c in self.clusters.values() if name in (None, c.request["name"])]
        return 200, {"items": [self._json(cluster) for cluster in reversed(found)]}

    def do_cluster_get(self, _body: Any, _query: Json, cluster_id: str) -> Answer:
        return 200, self._json(self.clusters[cluster_id])

    def do_cluster_scale(self, body: Json, _query: Json, cluster_id: str) -> Answer:
        cluster = self.clusters[cluster_id]
        if cluster.state not in ("starting", "running"):
            return error(409, "conflict", "This cluster has ended.")
        self._want(cluster, body["workers"], body["retire"])
        return 200, self._json(cluster)

    def do_cluster_stop(self, body: Json, _query: Json, cluster_id: str) -> Answer:
        cluster = self.clusters[cluster_id]
        message = body.get("message")
        reason = "scheduler_lost" if message else "closed"
        self.end(cluster.request["name"], reason, message or "")
        return 200, self._json(cluster)

    def do_cluster_report(self, body: Json, _query: Json, cluster_id: str) -> Answer:
        assert set(body) == {"joined", "clients", "active", "last_active_at", "tasks"}
        cluster = self.clusters[cluster_id]
        cluster.reports.append(body)
        cluster.joined = body["joined"]
        if cluster.state == "starting" and cluster.joined:
            cluster.state = "running"
        return 200, {
            "state": cluster.state,
            "stop": cluster.stop,
            "save": cluster.save and cluster.saved is None,
            "wanted": len(cluster.wanted),
        }

    def do_cluster_saved(self, body: Json, _query: Json, cluster_id: str) -> Answer:
        self.clusters[cluster_id].saved = body
        return 200, {}

    def do_cluster_environment(self, body: Json, _query: Json, cluster_id: str) -> Answer:
        assert set(body) == {"python", "lock", "modules"}
        self._check_blobs(body)
        self.clusters[cluster_id].request["environment"] = body
        return 200, self._json(self.clusters[cluster_id])

    def do_cluster_logs(self, _body: Any, query: Json, cluster_id: str) -> Answer:
        wanted = query.get("worker")
        lines = [
            {"at": _now(), "text": line}
            for worker in self.clusters[cluster_id].workers
            if wanted in (None, worker.id) and worker.process
            for line in worker.log.splitlines()
        ]
        return 200, {"lines": lines, "next_cursor": None}

    def do_cluster_usage(self, _body: Any, _query: Json) -> Answer:
        live = [c for c in self.clusters.values() if c.state not in OVER]
        rate = sum((WORKER_USD_HOUR * len(c.joined) for c in live), Decimal(0))
        running = [
            {
                "id": c.id,
                "name": c.request["name"],
                "kind": "cluster",
                "usd_hour": str(WORKER_USD_HOUR * len(c.joined)),
                "spent_usd": "0.01",
            }
            for c in live
        ]
        month = datetime.now(UTC).strftime("%Y-%m")
        return 200, {
            "month": month,
            "spent_usd": "1.23",
            "limit_usd": None,
            "usd_hour": str(rate),
            "running": running,
        }

    # --- The workers' routes --------------------------------------------------------------

    def _worker_of(self, authorization: str) -> tuple[Cluster, Worker] | None:
        worker_id = authorization.removeprefix("Bearer ").removesuffix(".secret")
        for cluster in self.clusters.values():
            for worker in cluster.workers:
                if worker.id == worker_id:
                    return cluster, worker
        return None

    def _worker_route(self, path: str, body: Json, cluster: Cluster, worker: Worker) -> Answer:
        if path == "/api/worker/failed":
            worker.failed = body
            cluster.problem = body
            return 200, {}
        assert body == {"job_id": f"job-{worker.id}", "attempt": worker.attempt}
        if not worker.wanted or cluster.state not in ("starting", "running"):
            return error(410, "gone", "This worker is no longer wanted.")
        request = cluster.request
        environment = request["environment"]
        return 200, {
            "worker_id": worker.id,
            "cluster_id": cluster.id,
            "cluster_name": request["name"],
            "vcpu": request["vcpu"],
            "memory_gib": request["memory_gib"],
            "gpu": request["gpu"],
            "scheduler": request["scheduler"],
            "environment": {
                "python": environment["python"],
                "lock": self._readable(environment["lock"]),
                "modules": self._readable(environment["modules"]),
            },
        }

    def _readable(self, blob: Json | None) -> Json | None:
        url = f"{self.origin}/blobs/{blob['sha256']}" if blob else ""
        return {"sha256": blob["sha256"], "url": url} if blob else None

    def _check_blobs(self, environment: Json) -> None:
        for name in ("lock", "modules"):
            if blob := environment[name]:
                assert len(self.blobs[blob["sha256"]]) == blob["size"]

    # --- What Batch and the state machines do ---------------------------------------------

    def _want(self, cluster: Cluster, count: int, retire: list[str]) -> None:
        for worker in cluster.wanted:
            if worker.id in retire:
                worker.wanted = False
        surplus = cluster.wanted[count:]
        for worker in sorted(cluster.wanted, key=lambda w: w.process is not None)[: len(surplus)]:
            worker.wanted = False
        while len(cluster.wanted) < count:
            worker_id = f"wk_{next(self._numbers):026d}"
            cluster.workers.append(Worker(worker_id, self._folder / worker_id))

    def _run(self) -> None:
        while not self._closed.wait(TICK):
            with self.lock:
                for cluster in self.clusters.values():
                    self._turn(cluster)

    def _turn(self, cluster: Cluster) -> None:
        waited = time.monotonic() - cluster.ended_at > SAVE_SECONDS
        drained = not cluster.save or cluster.saved is not None or waited
        ending = cluster.state in OVER or (cluster.state == "stopping" and drained)
        for worker in cluster.workers:
            if (
                worker.process is None
                and worker.wanted
                and cluster.state in ("starting", "running")
            ):
                if not self.holding:
                    self._start(cluster, worker)
            elif worker.runs and (ending or not worker.wanted):
                _end(worker)
        if ending and not any(worker.runs for worker in cluster.workers):
            cluster.state = "stopped"

    def _start(self, cluster: Cluster, worker: Worker) -> None:
        worker.home.mkdir()
        worker.attempt += 1
        environ = {
            "PATH": f"{BIN}:/usr/bin:/bin",
            "HOME": str(worker.home),
            "LANG": "C.UTF-8",
            "RAMON_API_URL": f"{self.origin}/api",
            "RAMON_WORKER_TOKEN": f"{worker.id}.secret",
            "RAMON_MEMORY_BYTES": str(int(cluster.request["memory_gib"] * 2**30)),
            "AWS_BATCH_JOB_ID": f"job-{worker.id}",
            "AWS_BATCH_JOB_ATTEMPT": str(worker.attempt),
            **self.worker_environ,
        }
        with (worker.home / "log").open("wb") as log:
            worker.process = subprocess.Popen(
                [BIN / "ramon-worker"],
                env=environ,
                cwd=worker.home,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _json(self, cluster: Cluster) -> Json:
        request = cluster.request
        count, running = len(cluster.wanted), len(cluster.joined)
        started = sum(worker.runs for worker in cluster.wanted)
        last = cluster.reports[-1] if cluster.reports else {}
        return {
            "id": cluster.id,
            "name": request["name"],
            "notebook_id": NOTEBOOK_ID,
            "notebook_name": "Test",
            "server_id": "srv_1",
            "state": cluster.state,
            "state_since": _now(),
            "worker": {name: request[name] for name in ("vcpu", "memory_gib", "gpu")},
            "purchase": request["purchase"],
            "workers": {
                "wanted": count,
                "pending": count - started,
                "starting": max(started - running, 0),
                "running": running,
            },
            "price": {
                "worker_usd_hour": str(WORKER_USD_HOUR),
                "usd_hour": str(WORKER_USD_HOUR * count),
                "now_usd_hour": str(WORKER_USD_HOUR * running),
            },
            "spent_usd": "0.01",
            "budget_usd": request["budget_usd"],
            "as_of": _now(),
            "idle_minutes": request["idle_minutes"],
            "detached": request["detached"],
            "clients": last.get("clients"),
            "tasks": last.get("tasks"),
            "last_active_at": last.get("last_active_at"),
            "problem": cluster.problem,
            "stop": cluster.stop,
            "saved": cluster.saved,
            "dashboard_url": f"http://{HOST}{request['dashboard_path']}",
            "created_at": _now(),
            "started_at": _now() if running else None,
            "stopped_at": _now() if cluster.state in OVER else None,
        }


ROUTES = [
    (r"POST /api/agent/clusters", "do_cluster_create"),
    (r"GET /api/agent/clusters", "do_cluster_list"),
    (r"GET /api/agent/clusters/(cl_\d+)", "do_cluster_get"),
    (r"POST /api/agent/clusters/(cl_\d+)/scale", "do_cluster_scale"),
    (r"POST /api/agent/clusters/(cl_\d+)/stop", "do_cluster_stop"),
    (r"POST /api/agent/clusters/(cl_\d+)/report", "do_cluster_report"),
    (r"POST /api/agent/clusters/(cl_\d+)/saved", "do_cluster_saved"),
    (r"POST /api/agent/clusters/(cl_\d+)/environment", "do_cluster_environment"),
    (r"GET /api/agent/clusters/(cl_\d+)/logs", "do_cluster_logs"),
    (r"GET /api/agent/usage", "do_cluster_usage"),
]


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
            [self.notebook.home / ".ramon/env/bin/python", "-c", code],
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
            process.kill()
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


def outside() -> dict[str, str]:
    """What this machine's programs need to reach the network: proxies, certificates, indexes."""
    prefixes = ("PIP_", "UV_", "SSL_")
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(prefixes) or name.lower().endswith("_proxy")
    }


def _end(worker: Worker) -> None:
    """SIGTERM once; SIGKILL when it is not heeded."""
    assert worker.process
    if not worker.told_to_end_at:
        worker.told_to_end_at = time.monotonic()
        worker.process.terminate()
    elif time.monotonic() - worker.told_to_end_at > KILL_SECONDS:
        _kill_group(worker.process)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
