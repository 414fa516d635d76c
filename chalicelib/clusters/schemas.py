"""What the API says and hears of clusters. Money is text in dollars, so that nobody rounds it."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from chalicelib.clusters.states import (
    ClusterEnd,
    ClusterState,
    ProblemCode,
    Purchase,
    WorkerEnd,
    WorkerState,
)
from chalicelib.storage.schemas import BlobRef

Count = Annotated[int, Meta(ge=0, le=1000)]
"""A number of workers."""
WorkerId = Annotated[str, Meta(max_length=40)]
_PATH = r"^(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,60}){1,8}$"
Pem = Annotated[str, Meta(min_length=1, max_length=20_000)]


class WorkerSize(msgspec.Struct):
    """What each worker has: processors, GiB of memory, graphics processors."""

    vcpu: int
    memory_gib: int
    gpu: int


class WorkerCounts(msgspec.Struct):
    """How many workers are wanted, and where they are; `running` have joined."""

    wanted: int
    pending: int
    starting: int
    running: int


class Price(msgspec.Struct):
    """What an hour costs: of a worker, of all that are wanted, and of what is charged now.

    The first two are reckoned with the computers that the next workers get; each worker is charged
    as what it runs on.
    """

    worker_usd_hour: str
    usd_hour: str
    now_usd_hour: str


class TaskCounts(msgspec.Struct):
    """How many tasks of its scheduler are in which state."""

    waiting: Annotated[int, Meta(ge=0)]
    processing: Annotated[int, Meta(ge=0)]
    memory: Annotated[int, Meta(ge=0)]
    erred: Annotated[int, Meta(ge=0)]


class Problem(msgspec.Struct):
    """What keeps it from being as wanted: a word for programs and a sentence for people."""

    code: ProblemCode
    message: str


class Stop(msgspec.Struct):
    """Why it ends or has ended."""

    reason: ClusterEnd
    message: str


class Saved(msgspec.Struct):
    """Finished results that were saved when it stopped."""

    results: int
    bytes: int


class Cluster(msgspec.Struct):
    """Workers beside a notebook. `spent_usd` is up to the moment `as_of`."""

    id: str
    name: str
    notebook_id: str
    notebook_name: str
    server_id: str
    state: ClusterState
    state_since: datetime
    worker: WorkerSize
    purchase: Purchase
    workers: WorkerCounts
    price: Price
    spent_usd: str
    budget_usd: str | None
    as_of: datetime
    idle_minutes: int
    detached: bool
    clients: int | None
    tasks: TaskCounts | None
    last_active_at: datetime | None
    problem: Problem | None
    stop: Stop | None
    saved: Saved | None
    dashboard_url: str | None
    created_at: datetime
    started_at: datetime | None
    stopped_at: datetime | None


class ClusterPage(msgspec.Struct):
    """A page of clusters, newest first."""

    items: list[Cluster]
    next_cursor: str | None


class Clusters(msgspec.Struct):
    """Clusters of one notebook, newest first."""

    items: list[Cluster]


class WorkerStop(msgspec.Struct):
    """Why a worker ended."""

    reason: WorkerEnd
    message: str


class ClusterWorker(msgspec.Struct):
    """One worker. `attempt` counts the computers it was started on; `seconds` are charged."""

    id: str
    state: WorkerState
    attempt: int
    purchase: Literal["on_demand", "spot"]
    requested_at: datetime
    started_at: datetime | None
    joined_at: datetime | None
    stopped_at: datetime | None
    end: WorkerStop | None
    spent_usd: str
    seconds: int


class WorkerPage(msgspec.Struct):
    """A page of workers, newest first."""

    items: list[ClusterWorker]
    next_cursor: str | None


class HistoryPoint(msgspec.Struct):
    """From this moment on so many workers were charged, until the next point."""

    at: datetime
    workers: int


class History(msgspec.Struct):
    """How many workers were charged over time, in at most 500 points."""

    points: list[HistoryPoint]


class LogLine(msgspec.Struct):
    """A line that a worker wrote, at most 8,000 characters of it."""

    at: datetime
    text: str
    worker: str


class LogPage(msgspec.Struct):
    """The newest lines, oldest first.

    The cursor leads to the lines before them; or, where no worker was named, to those of other
    workers: first come those that run.
    """

    lines: list[LogLine]
    next_cursor: str | None


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
    """The work is done; or, with a message, the scheduler is lost, and this says what to do."""

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
