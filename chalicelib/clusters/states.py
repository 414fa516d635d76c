"""The states of clusters, workers and pools, their problems, and why a cluster or worker ended.

cluster   starting ──> running ──> stopping ──> stopped | failed
              └───────────────────────^

worker    pending ──> starting ──> running ──> ended
             ^───────────┴────────────┘   (its host was taken away; Batch tries again)

pool      making ──> ready ──> deleting ──> (gone)
"""

from enum import StrEnum

from chalicelib.core.vocabulary import Vocabulary


class ClusterState(Vocabulary):
    """Where a cluster is. Until `stopped` or `failed` its name and its processors are taken."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    """It ended before it was of any use; its stop says why."""
    UNKNOWN = "unknown"


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


class Purchase(Vocabulary):
    """How computers are bought."""

    ON_DEMAND = "on_demand"
    SPOT = "spot"
    """Spare computers, which may be taken away; Batch then starts the worker anew."""
    SPOT_WITH_FALLBACK = "spot_with_fallback"
    """Spare computers as long as there are any."""
    UNKNOWN = "unknown"


class PoolKind(StrEnum):
    """The kinds of computers that an account has a compute environment and a queue for."""

    ON_DEMAND = "on_demand"
    SPOT = "spot"
    GPU = "gpu"


class ClusterEnd(Vocabulary):
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
    UNKNOWN = "unknown"


FAILURES = frozenset({ClusterEnd.FAILED_START, ClusterEnd.ENVIRONMENT})
"""Reasons that leave a cluster `failed`: it never was of any use."""

SAVES = frozenset(
    {
        ClusterEnd.IDLE,
        ClusterEnd.NO_CLIENT,
        ClusterEnd.BUDGET,
        ClusterEnd.LIMIT,
        ClusterEnd.PLAN,
        ClusterEnd.UNPAID,
        ClusterEnd.NOTEBOOK_STOPPED,
    }
)
"""Reasons for which finished results are saved first: nobody who wants them stands by."""


class WorkerEnd(Vocabulary):
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
    UNKNOWN = "unknown"


class ProblemCode(Vocabulary):
    """What keeps a cluster from being as wanted."""

    WAITING_FOR_PLACE = "waiting_for_place"
    """Its account's pool of computers is not there yet."""
    NO_CAPACITY = "no_capacity"
    VCPU_LIMIT = "vcpu_limit"
    ENVIRONMENT = "environment"
    """Its workers can't install what the notebook has."""
    WORKER_FAILED = "worker_failed"
    PAUSED = "paused"
    """Workers hold so much in memory that they begin no more tasks: Dask pauses one at 80 %
    (`distributed.worker.memory.pause`)."""
    UNKNOWN = "unknown"
