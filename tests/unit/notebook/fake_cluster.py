"""One cluster as the service keeps and shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.unit.notebook.fake_batch import Worker
from tests.unit.notebook.fake_service import NOTEBOOK_ID
from tests.unit.notebook.parts import HOST

OVER = ("stopped", "failed")
WORKER_USD_HOUR = Decimal("0.10")

Json = dict[str, Any]


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

    def to_json(self) -> Json:
        """The cluster as the service shows it."""
        request = self.request
        count, running = len(self.wanted), len(self.joined)
        started = sum(worker.runs for worker in self.wanted)
        last = self.reports[-1] if self.reports else {}
        return {
            "id": self.id,
            "name": request["name"],
            "notebook_id": NOTEBOOK_ID,
            "notebook_name": "Test",
            "server_id": "srv_1",
            "state": self.state,
            "state_since": now(),
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
            "as_of": now(),
            "idle_minutes": request["idle_minutes"],
            "detached": request["detached"],
            "clients": last.get("clients"),
            "tasks": last.get("tasks"),
            "last_active_at": last.get("last_active_at"),
            "problem": self.problem,
            "stop": self.stop,
            "saved": self.saved,
            "dashboard_url": f"http://{HOST}{request['dashboard_path']}",
            "created_at": now(),
            "started_at": now() if running else None,
            "stopped_at": now() if self.state in OVER else None,
        }


def now() -> str:
    """This moment, as the service writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
