"""The states of notebooks and servers, and the reasons why a server ended.

notebook   stopped ──> starting ──> running ──> stopping ──> stopped
              ^            │           │            │
              └─ failed <──┴───────────┴────────────┘   (failed may start again)

server     starting ──> running ──> stopping ──> ended
"""

from enum import StrEnum


class NotebookState(StrEnum):
    """Where a notebook is in its lifecycle."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FAILED = "failed"
    """Not running, and not because anybody wanted it so; the notebook says why."""


class ServerState(StrEnum):
    """Where a server is. From `starting` until `ended` it takes a slot of the account's plan."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    ENDED = "ended"


class Reason(StrEnum):
    """Why a server ended."""

    USER = "user"
    IDLE = "idle"
    DELETED = "deleted"
    MAINTENANCE = "maintenance"
    LIMIT = "limit"
    UNPAID = "unpaid"
    PLAN = "plan"
    LEASE_EXPIRED = "lease_expired"
    CRASHED = "crashed"
    OUT_OF_MEMORY = "out_of_memory"
    LOST = "lost"
    FAILED_START = "failed_start"


FAILURES = frozenset(
    {
        Reason.CRASHED,
        Reason.OUT_OF_MEMORY,
        Reason.LOST,
        Reason.FAILED_START,
        Reason.LEASE_EXPIRED,
    }
)
"""Reasons that leave a notebook `failed`: nobody asked for the end."""

STARTABLE = (NotebookState.STOPPED, NotebookState.FAILED)
STOPPABLE = (NotebookState.STARTING, NotebookState.RUNNING)
