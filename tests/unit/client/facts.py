"""A cluster and an account as the service writes them."""

from __future__ import annotations

from typing import Any


def cluster(**changes: Any) -> dict[str, Any]:
    """A cluster that runs."""
    return {
        "id": "cl_1",
        "name": "mine",
        "notebook_id": "nb_1",
        "notebook_name": "Thesis",
        "server_id": "srv_1",
        "state": "running",
        "state_since": "2026-11-23T06:00:00Z",
        "worker": {"vcpu": 2, "memory_gib": 8, "gpu": 0},
        "purchase": "on_demand",
        "workers": {"wanted": 4, "pending": 1, "starting": 1, "running": 2},
        "price": {"worker_usd_hour": "0.105", "usd_hour": "0.42", "now_usd_hour": "0.21"},
        "spent_usd": "1.25",
        "budget_usd": "5",
        "idle_minutes": 20,
        "detached": False,
        "clients": 1,
        "tasks": {"waiting": 3, "processing": 2, "memory": 1, "erred": 0},
        "last_active_at": None,
        "problem": None,
        "stop": None,
        "saved": None,
        "dashboard_url": None,
        "as_of": "2026-11-23T06:10:00Z",
        "created_at": "2026-11-23T06:00:00Z",
        "started_at": None,
        "stopped_at": None,
        **changes,
    }


def usage(**changes: Any) -> dict[str, Any]:
    """An account in the middle of a month."""
    item = {"id": "cl_1", "name": "mine", "kind": "cluster", "usd_hour": "0.42"}
    return {
        "month": "2026-11",
        "spent_usd": "12.50",
        "limit_usd": "50",
        "usd_hour": "0.42",
        "running": [{**item, "spent_usd": "1.25"}],
        **changes,
    }
