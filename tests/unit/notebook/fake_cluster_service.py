"""The service's clusters in the test's own process: the contract of the Agent and Worker API."""

from __future__ import annotations

import itertools
import re
import threading
import time
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support import eventually
from tests.unit.notebook.fake_batch import Worker, outside
from tests.unit.notebook.fake_cluster import OVER, WORKER_USD_HOUR, Cluster, now
from tests.unit.notebook.fake_service import FakeService, error

TICK = 0.03
SAVE_SECONDS = 30

Json = dict[str, Any]
Answer = tuple[int, Json]


class FakeClusters(FakeService):
    """A FakeService that knows clusters too. Tests read and change `clusters` under `lock`."""

    def __init__(self, folder: Path) -> None:
        self.clusters: dict[str, Cluster] = {}
        self.worker_environ: dict[str, str] = outside()
        self.holding = False
        """While true, wanted workers are not started: Batch has no place for them."""
        self.slow_to_end = False
        """While true, workers that are not wanted are not told yet: Batch takes its time."""
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
                worker.kill()
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
        assert 0 < len(body["name"]) <= 40, body["name"]
        # As the service keeps names; the agent goes by what it is told.
        body["name"] = unicodedata.normalize("NFC", body["name"])
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
        return 201, cluster.to_json()

    def do_cluster_list(self, _body: Any, query: Json) -> Answer:
        name = query.get("name")
        found = [c for c in self.clusters.values() if name in (None, c.request["name"])]
        return 200, {"items": [cluster.to_json() for cluster in reversed(found)]}

    def do_cluster_get(self, _body: Any, _query: Json, cluster_id: str) -> Answer:
        return 200, self.clusters[cluster_id].to_json()

    def do_cluster_scale(self, body: Json, _query: Json, cluster_id: str) -> Answer:
        cluster = self.clusters[cluster_id]
        if cluster.state not in ("starting", "running"):
            return error(409, "conflict", "This cluster has ended.")
        self._want(cluster, body["workers"], body["retire"])
        return 200, cluster.to_json()

    def do_cluster_stop(self, body: Json, _query: Json, cluster_id: str) -> Answer:
        cluster = self.clusters[cluster_id]
        message = body["message"]
        reason = "scheduler_lost" if message else "user" if body["by_person"] else "closed"
        self.end(cluster.request["name"], reason, message or "")
        return 200, cluster.to_json()

    def do_cluster_report(self, body: Json, _query: Json, cluster_id: str) -> Answer:
        assert set(body) == {*("joined", "paused", "clients", "active", "last_active_at", "tasks")}
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
        return 200, self.clusters[cluster_id].to_json()

    def do_cluster_logs(self, _body: Any, query: Json, cluster_id: str) -> Answer:
        wanted = query.get("worker")
        lines = [
            {"at": now(), "text": line, "worker": worker.id}
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
        assert body == {"job_id": f"job-{worker.id}"}
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
                    memory = cluster.request["memory_gib"]
                    worker.start(f"{self.origin}/api", memory, self.worker_environ)
            elif worker.runs and (ending or not worker.wanted) and not self.slow_to_end:
                worker.end()
        if ending and not any(worker.runs for worker in cluster.workers):
            cluster.state = "stopped"


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
