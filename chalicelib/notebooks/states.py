"""The states of notebooks and servers, the steps of a start, and why a server ended.

notebook   stopped ──> starting ──> running ──> stopping ──> stopped
              ^            │           │            │
              └─ failed <──┴───────────┴────────────┘   (failed may start again)

server     starting ──> running ──> stopping ──> ended
"""

from enum import StrEnum

from chalicelib.core.vocabulary import Vocabulary


class NotebookState(Vocabulary):
    """Where a notebook is in its lifecycle."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FAILED = "failed"
    """Not running, and not because anybody wanted it so; the notebook says why."""
    UNKNOWN = "unknown"


class ServerState(StrEnum):
    """Where a server is. From `starting` until `ended` it takes a slot of the account's plan."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    ENDED = "ended"


class StartStep(StrEnum):
    """A step of a start, in order."""

    REQUESTED = "requested"
    LAUNCHING = "launching"
    BOOTING = "booting"
    """Its agent was told what to do."""
    RESTORING = "restoring"
    READY = "ready"


class SourceKind(Vocabulary):
    """What a notebook was made from."""

    BLANK = "blank"
    UPLOAD = "upload"
    GITHUB = "github"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"


class ServerEnd(Vocabulary):
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
    UNKNOWN = "unknown"


FAILURES = frozenset(
    {
        ServerEnd.CRASHED,
        ServerEnd.OUT_OF_MEMORY,
        ServerEnd.LOST,
        ServerEnd.FAILED_START,
        ServerEnd.LEASE_EXPIRED,
    }
)
"""Reasons that leave a notebook `failed`: nobody asked for the end."""

STARTABLE = (NotebookState.STOPPED, NotebookState.FAILED)
STOPPABLE = (NotebookState.STARTING, NotebookState.RUNNING)
