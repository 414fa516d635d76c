"""The states of clusters, workers and pools, and the reasons why a cluster ended.

cluster   starting ──> running ──> stopping ──> stopped | failed
              └───────────────────────^

worker    pending ──> starting ──> running ──> ended
             ^───────────┴────────────┘   (its host was taken away; Batch tries again)

pool      making ──> ready ──> deleting ──> (gone)
"""

from enum import StrEnum


class ClusterState(StrEnum):
    """Where a cluster is. Until `stopped` or `failed` its name and its processors are taken."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    """It ended before it was of any use; its stop says why."""


WANTED = (ClusterState.STARTING, ClusterState.RUNNING)
"""States in which a cluster may have workers."""
LIVE = (*WANTED, ClusterState.STOPPING)
"""States in which there may still be something of it."""


class WorkerState(StrEnum):
    """Where a worker is. It is `running` once it has joined the scheduler."""

    PENDING = "pending"
    STARTING = "starting"
    RUNNING = "running"
    ENDED = "ended"


class PoolState(StrEnum):
    """Where an account's compute environment and queue of one kind are."""

    MAKING = "making"
    READY = "ready"
    DELETING = "deleting"


class Purchase(StrEnum):
    """How computers are bought."""

    ON_DEMAND = "on_demand"
    SPOT = "spot"
    """Spare computers, which may be taken away; Batch then starts the worker anew."""
    SPOT_WITH_FALLBACK = "spot_with_fallback"
    """Spare computers as long as there are any."""


class PoolKind(StrEnum):
    """The kinds of computers that an account has a compute environment and a queue for."""

    ON_DEMAND = "on_demand"
    SPOT = "spot"
    GPU = "gpu"


class Reason(StrEnum):
    """Why a cluster ended."""

    CLOSED = "closed"
    USER = "user"
    IDLE = "idle"
    NO_CLIENT = "no_client"
    BUDGET = "budget"
    LIMIT = "limit"
    PLAN = "plan"
    UNPAID = "unpaid"
    NOTEBOOK_STOPPED = "notebook_stopped"
    NOTEBOOK_LOST = "notebook_lost"
    """Its notebook ended by itself, and its scheduler with it."""
    LEASE_EXPIRED = "lease_expired"
    SCHEDULER_LOST = "scheduler_lost"
    """The scheduler's process ended by itself; its notebook goes on."""
    FAILED_START = "failed_start"
    ENVIRONMENT = "environment"


FAILURES = frozenset({Reason.FAILED_START, Reason.ENVIRONMENT})
"""Reasons that leave a cluster `failed`: it never was of any use."""

SAVES = frozenset(
    {
        Reason.IDLE,
        Reason.NO_CLIENT,
        Reason.BUDGET,
        Reason.LIMIT,
        Reason.PLAN,
        Reason.UNPAID,
        Reason.NOTEBOOK_STOPPED,
    }
)
"""Reasons for which finished results are saved first: nobody who wants them stands by."""


class WorkerEnd(StrEnum):
    """Why a worker ended."""

    RETIRED = "retired"
    """Its cluster let it go: it was no longer wanted, or somebody's Dask client said so."""
    CLUSTER_STOPPED = "cluster_stopped"
    MOVED = "moved"
    """Another one takes its place, on a computer that isn't spare."""
    ENVIRONMENT = "environment"
    SCHEDULER = "scheduler"
    """It could not join its cluster's scheduler, or lost it."""
    FAILED = "failed"
    NOT_JOINED = "not_joined"
    """It ran for minutes, and its cluster's scheduler was never said to have it."""
    OUT_OF_MEMORY = "out_of_memory"
    HOST_LOST = "host_lost"
    LOST = "lost"
