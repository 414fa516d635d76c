"""What a heartbeat says."""

# psutil comes without type hints.
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

from ramon_notebook.server.activity import Activity, Kernel, busy
from ramon_notebook.workspace.keeper import Status

MOST_ERROR = 2000
"""Characters of an error: the service's limit."""


def report(
    activity: Activity, kernels: list[Kernel], status: Status, memory_limit: int | None
) -> dict[str, Any]:
    """The body of a heartbeat: times in UTC, memory in bytes."""
    return {
        "last_activity": written(activity.last(kernels)),
        "busy_kernels": busy(kernels),
        "kernels": len(kernels),
        "memory_bytes": memory_bytes(),
        "memory_limit_bytes": memory_limit,
        "workspace": {
            "saved_at": written(status.saved_at) if status.saved_at else None,
            "error": status.error[:MOST_ERROR] if status.error else None,
            "pending_files": status.pending_files,
        },
    }


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
