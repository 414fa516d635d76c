"""What a heartbeat says."""

# psutil comes without type hints.
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

from ramon_notebook.execution.deaths import Death
from ramon_notebook.server.activity import Activity, Use
from ramon_notebook.workspace.keeper import Status

MOST_ERROR = 2000
"""Characters of an error: the service's limit."""

MOST_PATH = 1000
"""Characters of a notebook's path: the service's limit."""


def report(
    activity: Activity, use: Use, status: Status, memory_limit: int | None
) -> dict[str, Any]:
    """The body of a heartbeat: times in UTC, memory in bytes."""
    error = status.error or use.problem
    return {
        "last_activity": written(activity.last(use)),
        "busy_kernels": use.busy_kernels,
        "busy_terminals": use.busy_terminals,
        "kernels": use.kernels,
        "kernel_death": _death(use.death) if use.death else None,
        "memory_bytes": memory_bytes(),
        "memory_limit_bytes": memory_limit,
        "workspace": {
            "saved_at": written(status.saved_at) if status.saved_at else None,
            "error": error[:MOST_ERROR] if error else None,
            "pending_files": status.pending_files,
        },
    }


def _death(death: Death) -> dict[str, Any]:
    notebook = death.notebook[-MOST_PATH:] if death.notebook else None
    return {"at": written(death.at), "notebook": notebook, "reason": death.reason}


def memory_bytes() -> int:
    """Resident memory of this process and all its descendants, shared pages counted each time."""
    import psutil  # here, because it is not needed during the start

    total = 0
    me = psutil.Process()
    for process in [me, *me.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += process.memory_info().rss
    return total


def written(time: datetime) -> str:
    """A time as the service writes it: 2026-11-22T22:50:00Z."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
