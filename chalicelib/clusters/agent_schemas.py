"""What the API says to a cluster's agent and workers, and hears from them."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from chalicelib.clusters.schemas import Count, Stop, TaskCounts, WorkerId
from chalicelib.clusters.states import ClusterState
from chalicelib.storage.schemas import BlobRef

_PATH = r"^(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,60}){1,8}$"
Pem = Annotated[str, Meta(min_length=1, max_length=20_000)]


class Scheduler(msgspec.Struct):
    """Where a cluster's scheduler listens, and its TLS certificate and key (PEM)."""

    address: Annotated[str, Meta(pattern=r"^tls://[0-9a-fA-F.:\[\]]{2,64}$")]
    ca: Pem
    certificate: Pem
    key: Pem


class Environment(msgspec.Struct):
    """What workers need to run a notebook's code: Python's version, packages, modules."""

    python: Annotated[str, Meta(min_length=1, max_length=20)]
    lock: BlobRef | None = None
    modules: BlobRef | None = None


class CreateCluster(msgspec.Struct, forbid_unknown_fields=True):
    """A cluster to be started. Memory in GiB; a budget in dollars."""

    name: Annotated[str, Meta(min_length=1, max_length=40)]
    workers: Count
    vcpu: Annotated[int, Meta(ge=1, le=64)]
    memory_gib: Annotated[int, Meta(ge=1, le=512)]
    scheduler: Scheduler
    environment: Environment
    gpu: Annotated[int, Meta(ge=0, le=8)] = 0
    purchase: Literal["on_demand", "spot", "spot_with_fallback"] = "on_demand"
    budget_usd: Annotated[str, Meta(pattern=r"^[0-9]{1,6}(\.[0-9]{1,6})?$")] | None = None
    idle_minutes: Annotated[int, Meta(ge=1, le=1440)] = 20
    detached: bool = False
    dashboard_path: Annotated[str, Meta(pattern=_PATH)] | None = None


class Scale(msgspec.Struct, forbid_unknown_fields=True):
    """How many workers there shall be; `retire` names those that end first."""

    workers: Count
    retire: Annotated[list[WorkerId], Meta(max_length=1000)] = msgspec.field(default_factory=list)


class CloseCluster(msgspec.Struct, forbid_unknown_fields=True):
    """Code has closed it; or a person has stopped it; or its scheduler is lost.

    message: what to do about a scheduler that is lost.
    """

    by_person: bool = False
    message: Annotated[str, Meta(min_length=1, max_length=500)] | None = None


class ClusterReport(msgspec.Struct):
    """How a cluster's scheduler is doing; `joined` are the workers that it has.

    `paused` of them hold so much in memory that they begin no more tasks.
    """

    joined: Annotated[list[WorkerId], Meta(max_length=2000)]
    clients: Annotated[int, Meta(ge=0)]
    active: bool
    last_active_at: datetime | None = None
    tasks: TaskCounts | None = None
    paused: Annotated[int, Meta(ge=0)] = 0


class ReportAnswer(msgspec.Struct):
    """What the agent should know; with `save`, finished results are to be saved now."""

    state: ClusterState
    stop: Stop | None
    save: bool
    wanted: int


class SavedResults(msgspec.Struct):
    """How many finished results were saved, and how large they are."""

    results: Annotated[int, Meta(ge=0)]
    bytes: Annotated[int, Meta(ge=0, le=2**40)]


class WorkerBoot(msgspec.Struct):
    """Which job of Batch is starting as a worker."""

    job_id: Annotated[str, Meta(min_length=1, max_length=100)]


class Content(msgspec.Struct):
    """Some content, by hash, and an address to read it from."""

    sha256: str
    url: str


class WorkerEnvironment(msgspec.Struct):
    """What a worker is to install."""

    python: str
    lock: Content | None
    modules: Content | None


class WorkerOrders(msgspec.Struct):
    """What a worker needs to begin."""

    worker_id: str
    cluster_id: str
    cluster_name: str
    vcpu: int
    memory_gib: int
    gpu: int
    scheduler: Scheduler
    environment: WorkerEnvironment


class WorkerFailure(msgspec.Struct):
    """Why a worker can't begin, or ends before its time, in words with what to do."""

    code: Literal["environment", "scheduler", "other"]
    message: Annotated[str, Meta(min_length=1, max_length=4000)]
